<?php

/**
 * The plugin's one option: its content, its validation, and how the rest of the plugin reads it.
 */

namespace VapiAgent\Settings;

const VERSION = '0.2.0';
const OPTION = 'vapi_agent';

/** Values that the element supports; an empty one leaves the choice to the client's settings at the backend. */
const MODES = array('voice', 'chat', 'hybrid');
const PLACEMENTS = array('bottom-right', 'bottom-left', 'top-right', 'top-left');
const THEMES = array('auto', 'light', 'dark');
const SIZES = array('small', 'medium', 'large');
const REJOIN = array('yes', 'no');
const WHERE = array('everywhere', 'chosen', 'nowhere');

function defaults(): array
{
    return array(
        'server' => '',
        'tenant' => '',
        'where' => 'nowhere',
        'front_page' => false,
        'post_types' => array(),
        'pages' => array(),
        'mode' => '',
        'placement' => '',
        'theme' => '',
        'accent' => '',
        'size' => 'medium',
        'label' => '',
        'rejoin' => '',
        // How the client was set up at the backend when the settings were last saved.
        'client' => array(),
    );
}

/** The settings of this site; all keys are present. Code may change them with the filter `vapi_agent_settings`. */
function get(): array
{
    $stored = get_option(OPTION);
    $settings = array_merge(defaults(), is_array($stored) ? $stored : array());
    /** An agency that sets up many sites can fill in backend and client here; the rest keeps its defaults. */
    $settings = array_merge(defaults(), (array) apply_filters('vapi_agent_settings', $settings));
    $server = (string) $settings['server'];
    $settings['server'] = clean_server($server) ?? untrailingslashit($server);
    return $settings;
}

/**
 * How the client of the settings is set up at the backend: the launcher's looks unless set here. A page sends the
 * backend no request before a visitor approaches the button, so without it the launcher would change place and colours
 * under the pointer.
 *
 * @return array<string, string|int> server and tenant, and some of mode, placement, theme, accent, radius, label, rejoin
 */
function client(): array
{
    $settings = get();
    $client = is_array($settings['client']) ? $settings['client'] : array();
    $is_of_this = ($client['server'] ?? '') === $settings['server'] && ($client['tenant'] ?? '') === $settings['tenant'];
    return $is_of_this ? $client : array();
}

function is_complete(): bool
{
    $settings = get();
    return $settings['server'] !== '' && $settings['tenant'] !== '';
}

function register(): void
{
    register_setting(
        OPTION,
        OPTION,
        array('type' => 'object', 'sanitize_callback' => __NAMESPACE__ . '\sanitize', 'default' => defaults())
    );
}

function load_translations(): void
{
    load_plugin_textdomain('vapi-agent', false, dirname(plugin_basename(__DIR__)) . '/languages');
}

/**
 * Accepts only known keys with valid values. An unusable backend or client keeps its former value, and the page says
 * why. WordPress has already checked nonce and capability.
 *
 * @param mixed $input from the form
 */
function sanitize($input): array
{
    $input = is_array($input) ? $input : array();
    $before = array_merge(defaults(), (array) get_option(OPTION, array()));
    $text = function (string $key) use ($input): string {
        return isset($input[$key]) && is_string($input[$key]) ? trim($input[$key]) : '';
    };
    $one_of = function (string $key, array $values, string $otherwise) use ($text): string {
        return in_array($text($key), $values, true) ? $text($key) : $otherwise;
    };

    $server = clean_server($text('server'));
    if ($server === null) {
        $message = __('The backend URL was not saved: it must look like https://voice.agency.example.', 'vapi-agent');
        complain('server', $message);
    }
    $tenant = strtolower($text('tenant'));
    $tenant_fits = $tenant === '' || is_slug($tenant);
    if (!$tenant_fits) {
        $message = __('The client name was not saved: it can contain only letters, digits and hyphens.', 'vapi-agent');
        complain('tenant', $message);
    }

    $list = function (string $key) use ($input): array {
        return array_filter((array) ($input[$key] ?? array()), 'is_scalar');
    };
    $public_types = array_values(get_post_types(array('public' => true)));
    $server = $server ?? $before['server'];
    $tenant = $tenant_fits ? $tenant : $before['tenant'];
    return array(
        'server' => $server,
        'tenant' => $tenant,
        'where' => $one_of('where', WHERE, 'nowhere'),
        'front_page' => !empty($input['front_page']),
        'post_types' => array_values(array_intersect($public_types, $list('post_types'))),
        'pages' => clean_ids($list('pages')),
        'mode' => $one_of('mode', MODES, ''),
        'placement' => $one_of('placement', PLACEMENTS, ''),
        'theme' => $one_of('theme', THEMES, ''),
        'accent' => clean_colour($text('accent')),
        'size' => $one_of('size', SIZES, 'medium'),
        'label' => clean_label($text('label')),
        'rejoin' => $one_of('rejoin', REJOIN, ''),
        'client' => clean_client($input['client'] ?? '', $server, $tenant),
    );
}

/** Only the admin area can show such messages; an option can be set from anywhere. */
function complain(string $field, string $message): void
{
    if (function_exists('add_settings_error')) {
        add_settings_error(OPTION, $field, $message);
    }
}

/**
 * @param array $written numbers, or texts with several of them
 * @return int[]
 */
function clean_ids(array $written): array
{
    $numbers = preg_split('/\D+/', implode(',', $written), -1, PREG_SPLIT_NO_EMPTY);
    return array_values(array_unique(array_filter(array_map('absint', $numbers))));
}

/**
 * The backend's answer to the settings page, under the settings' names; empty if it is for a different client.
 *
 * @param mixed $written JSON from the form, or the array made from it: WordPress sanitizes a new option twice
 */
function clean_client($written, string $server, string $tenant): array
{
    $told = is_string($written) ? json_decode($written, true, 4) : $written;
    $text = function (string $key) use ($told): string {
        return is_array($told) && is_string($told[$key] ?? null) ? $told[$key] : '';
    };
    if ($tenant === '' || $text('tenant') !== $tenant || clean_server($text('server')) !== $server) {
        return array();
    }
    $one_of = function (string $key, array $values) use ($text): string {
        return in_array($text($key), $values, true) ? $text($key) : '';
    };
    // A client whose button is inline has no corner; here it needs one.
    $placement = $text('placement') === 'inline' ? 'bottom-right' : $one_of('placement', PLACEMENTS);
    $radius = $told['radius'] ?? null;
    $client = array(
        'server' => $server,
        'tenant' => $tenant,
        'mode' => $one_of('mode', MODES),
        'placement' => $placement,
        'theme' => $one_of('theme', THEMES),
        'accent' => clean_colour($text('accent')),
        'radius' => is_int($radius) && $radius >= 0 && $radius <= 32 ? $radius : '',
        'label' => clean_label($text('label')),
        'rejoin' => $one_of('rejoin', REJOIN),
    );
    return array_filter(
        $client,
        function ($value) {
            return $value !== '';
        }
    );
}

/** A colour such as `#9a3412`, else empty. */
function clean_colour(string $text): string
{
    return preg_match('/^#[0-9a-f]{6}$/iD', $text) ? strtolower($text) : '';
}

function clean_label(string $text): string
{
    return mb_substr(sanitize_text_field($text), 0, 60);
}

/** A client's handle, as the backend defines it. */
function is_slug(string $text): bool
{
    return preg_match('/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/D', $text) === 1;
}

/**
 * The base URL without a trailing slash; null if it cannot be one. Plain http only for this machine.
 */
function clean_server(string $text): ?string
{
    if ($text === '') {
        return '';
    }
    if (strpos($text, '://') === false) {
        $text = 'https://' . $text;
    }
    $url = wp_parse_url(esc_url_raw($text, array('https', 'http')));
    if (!is_array($url) || empty($url['host']) || isset($url['user']) || isset($url['query']) || isset($url['fragment'])) {
        return null;
    }
    // An invalid host is escaped at this point and would look like a valid one.
    if (!preg_match('/^([a-z0-9.-]+|\[[0-9a-f:.]+\])$/iD', $url['host'])) {
        return null;
    }
    $is_local = in_array($url['host'], array('localhost', '127.0.0.1', '[::1]'), true);
    if ($url['scheme'] !== 'https' && !$is_local) {
        return null;
    }
    $port = isset($url['port']) ? ':' . $url['port'] : '';
    return $url['scheme'] . '://' . strtolower($url['host']) . $port . untrailingslashit($url['path'] ?? '');
}

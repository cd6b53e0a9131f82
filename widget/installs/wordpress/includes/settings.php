<?php

/**
 * The plugin's one option: what is in it, what is let into it, and how the rest of the plugin reads it.
 */

namespace VapiAgent\Settings;

const VERSION = '0.1.0';
const OPTION = 'vapi_agent';

/** Values that the element knows; an empty one leaves the choice to the client's settings at the backend. */
const MODES = array('voice', 'chat', 'hybrid');
const PLACEMENTS = array('bottom-right', 'bottom-left', 'top-right', 'top-left');
const THEMES = array('auto', 'light', 'dark');
const SIZES = array('small', 'medium', 'large');
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
        'mode' => 'voice',
        'placement' => '',
        'theme' => '',
        'size' => 'medium',
        'label' => '',
    );
}

/** The settings of this site; every key is there. Code may change them with the filter `vapi_agent_settings`. */
function get(): array
{
    $stored = get_option(OPTION);
    $settings = array_merge(defaults(), is_array($stored) ? $stored : array());
    /** An agency that sets up many sites can fill in backend and client here. */
    return (array) apply_filters('vapi_agent_settings', $settings);
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
 * Lets only known keys with fitting values through. A field that cannot be used keeps its former value, and the page
 * says why. WordPress has checked nonce and capability before.
 *
 * @param mixed $input what the form sent
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
        add_settings_error(OPTION, 'server', $message);
    }
    $tenant = strtolower($text('tenant'));
    $tenant_fits = $tenant === '' || is_slug($tenant);
    if (!$tenant_fits) {
        $message = __('The client name was not saved: it has only letters, digits and hyphens.', 'vapi-agent');
        add_settings_error(OPTION, 'tenant', $message);
    }

    $list = function (string $key) use ($input): array {
        return array_filter((array) ($input[$key] ?? array()), 'is_scalar');
    };
    $public_types = array_values(get_post_types(array('public' => true)));
    return array(
        'server' => $server ?? $before['server'],
        'tenant' => $tenant_fits ? $tenant : $before['tenant'],
        'where' => $one_of('where', WHERE, 'nowhere'),
        'front_page' => !empty($input['front_page']),
        'post_types' => array_values(array_intersect($public_types, $list('post_types'))),
        'pages' => array_values(array_unique(array_filter(array_map('absint', $list('pages'))))),
        'mode' => $one_of('mode', MODES, 'voice'),
        'placement' => $one_of('placement', PLACEMENTS, ''),
        'theme' => $one_of('theme', THEMES, ''),
        'size' => $one_of('size', SIZES, 'medium'),
        'label' => mb_substr(sanitize_text_field($text('label')), 0, 60),
    );
}

/** A client's handle, as the backend defines it. */
function is_slug(string $text): bool
{
    return preg_match('/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/D', $text) === 1;
}

/**
 * The base URL without a trailing slash; null when it cannot be one. Plain http only for this machine.
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
    $is_local = in_array($url['host'], array('localhost', '127.0.0.1', '[::1]'), true);
    if ($url['scheme'] !== 'https' && !$is_local) {
        return null;
    }
    $port = isset($url['port']) ? ':' . $url['port'] : '';
    return $url['scheme'] . '://' . strtolower($url['host']) . $port . untrailingslashit($url['path'] ?? '');
}

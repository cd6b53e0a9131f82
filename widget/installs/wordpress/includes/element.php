<?php

/**
 * The tag `<vapi-agent>`, from the settings and the author's attributes. All of them are checked.
 */

namespace VapiAgent\Element;

use VapiAgent\Script;
use VapiAgent\Settings;

/**
 * `[vapi_agent]`: the launcher in the text, or in a corner with `placement`.
 *
 * @param array|string $written attributes; WordPress passes a string if there are none
 */
function shortcode($written): string
{
    $known = array_fill_keys(
        array('tenant', 'assistant', 'mode', 'placement', 'theme', 'size', 'label', 'lang', 'open', 'rejoin', 'variables'),
        ''
    );
    // `[vapi_agent open rejoin]` arrives as values without names.
    $written = (array) $written;
    foreach (array('open' => 'true', 'rejoin' => 'yes') as $flag => $value) {
        if (in_array($flag, $written, true)) {
            $written[$flag] = $value;
        }
    }
    return render(shortcode_atts($known, $written, 'vapi_agent'), 'inline');
}

/**
 * The tag, with its script enqueued; empty where it cannot work: not configured, feeds, AMP pages.
 *
 * @param array $wanted attributes by name, from an author
 * @param string $placement used if `$wanted` has no usable one; empty = as the client is set up
 */
function render(array $wanted, string $placement): string
{
    $is_amp = function_exists('amp_is_request') && amp_is_request();
    if (!Settings\is_complete() || is_feed() || $is_amp) {
        return '';
    }
    Script\enqueue();
    count_rendered(count_rendered() + 1);
    $html = '<vapi-agent';
    foreach (attributes($wanted, $placement) as $name => $value) {
        $html .= ' ' . $name . ($value === true ? '' : '="' . esc_attr($value) . '"');
    }
    return $html . '></vapi-agent>';
}

/** How many agents this page has so far; a number sets it. */
function count_rendered(?int $now = null): int
{
    static $count = 0;
    $count = $now ?? $count;
    return $count;
}

/**
 * The attributes that may be printed. The server is always the configured one: an author who may not write scripts must
 * not be able to send visitors to another server.
 *
 * @return array<string, string|true>
 */
function attributes(array $wanted, string $placement): array
{
    $settings = Settings\get();
    $text = function (string $key) use ($wanted): string {
        return isset($wanted[$key]) && is_scalar($wanted[$key]) ? trim((string) $wanted[$key]) : '';
    };
    $tenant = strtolower($text('tenant'));
    $tenant = Settings\is_slug($tenant) ? $tenant : $settings['tenant'];
    $looks = $tenant === $settings['tenant'] ? looks($settings) : array();
    $one_of = function (string $key, array $values) use ($text, $looks): string {
        return in_array($text($key), $values, true) ? $text($key) : ($looks[$key] ?? '');
    };
    $attributes = array(
        'tenant' => $tenant,
        'assistant' => preg_match('/^[A-Za-z0-9-]{1,100}$/D', $text('assistant')) ? $text('assistant') : '',
        'server' => $settings['server'],
        'mode' => $one_of('mode', Settings\MODES),
        'placement' => in_array($text('placement'), Settings\PLACEMENTS, true) ? $text('placement') : $placement,
        'theme' => $one_of('theme', Settings\THEMES),
        'size' => $one_of('size', Settings\SIZES),
        'lang' => preg_match('/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/D', $text('lang')) ? $text('lang') : '',
        'label' => sanitize_text_field($text('label')) ?: ($looks['label'] ?? ''),
        'style' => style($looks),
        'variables' => clean_variables($text('variables')),
        'open' => in_array($text('open'), array('1', 'true', 'open'), true),
        'rejoin' => $one_of('rejoin', Settings\REJOIN) === 'yes',
    );
    return array_filter(
        $attributes,
        function ($value) {
            return $value !== '' && $value !== false;
        }
    );
}

/**
 * Attributes for an agent of the site's own client that its author left unset: the site's, else those the client is set
 * up with.
 */
function looks(array $settings): array
{
    $of_site = array_intersect_key($settings, array_flip(array('theme', 'accent', 'rejoin')));
    return array_merge(Settings\client(), array_filter($of_site));
}

/** The element's custom properties that give it the client's colours before anything is loaded. */
function style(array $looks): string
{
    $properties = array();
    if (!empty($looks['accent'])) {
        $properties[] = '--vapi-agent-accent: ' . $looks['accent'];
    }
    if (isset($looks['radius'])) {
        $properties[] = '--vapi-agent-radius: ' . $looks['radius'] . 'px';
    }
    return implode('; ', $properties);
}

/** A JSON object, serialized again; empty if it is not one. */
function clean_variables(string $json): string
{
    $variables = json_decode($json, true, 8);
    if (!is_array($variables) || $variables === array() || substr(ltrim($json), 0, 1) !== '{') {
        return '';
    }
    return (string) wp_json_encode($variables, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
}

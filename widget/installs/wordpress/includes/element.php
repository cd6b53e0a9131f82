<?php

/**
 * The tag `<vapi-agent>`, from the settings and from what an author wrote. Nothing gets into it unchecked.
 */

namespace VapiAgent\Element;

use VapiAgent\Script;
use VapiAgent\Settings;

/**
 * `[vapi_agent]`: the launcher in the text, or in a corner with `placement`.
 *
 * @param array|string $written attributes; WordPress gives a string when there are none
 */
function shortcode($written): string
{
    $known = array_fill_keys(
        array('tenant', 'mode', 'placement', 'theme', 'size', 'label', 'lang', 'open', 'variables'),
        ''
    );
    // `[vapi_agent open]` comes as a value without a name.
    $written = (array) $written;
    if (in_array('open', $written, true)) {
        $written['open'] = 'true';
    }
    return render(shortcode_atts($known, $written, 'vapi_agent'), 'inline');
}

/**
 * The tag, with its script enqueued; empty where it cannot work: not configured, feeds, AMP pages.
 *
 * @param array $wanted attributes by name, from an author
 * @param string $placement where it stands when `$wanted` says nothing usable; empty = as the client is set up
 */
function render(array $wanted, string $placement): string
{
    $is_amp = function_exists('amp_is_request') && amp_is_request();
    if (!Settings\is_complete() || is_feed() || $is_amp) {
        return '';
    }
    Script\enqueue();
    count_rendered(1);
    $html = '<vapi-agent';
    foreach (attributes($wanted, $placement) as $name => $value) {
        $html .= ' ' . $name . ($value === true ? '' : '="' . esc_attr($value) . '"');
    }
    return $html . '></vapi-agent>';
}

/** How many agents this page has so far. */
function count_rendered(int $more = 0): int
{
    static $count = 0;
    $count += $more;
    return $count;
}

/**
 * The attributes that may be printed. The server is always the configured one: an author who may not write scripts
 * must not be able to send visitors to another.
 *
 * @return array<string, string|true>
 */
function attributes(array $wanted, string $placement): array
{
    $settings = Settings\get();
    $text = function (string $key) use ($wanted): string {
        return isset($wanted[$key]) && is_scalar($wanted[$key]) ? trim((string) $wanted[$key]) : '';
    };
    $one_of = function (string $key, array $values) use ($text): string {
        return in_array($text($key), $values, true) ? $text($key) : '';
    };
    $tenant = strtolower($text('tenant'));
    $attributes = array(
        'tenant' => Settings\is_slug($tenant) ? $tenant : $settings['tenant'],
        'server' => $settings['server'],
        'mode' => $one_of('mode', Settings\MODES),
        'placement' => $one_of('placement', Settings\PLACEMENTS) ?: $placement,
        'theme' => $one_of('theme', Settings\THEMES),
        'size' => $one_of('size', Settings\SIZES),
        'lang' => preg_match('/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/D', $text('lang')) ? $text('lang') : '',
        'label' => sanitize_text_field($text('label')),
        'variables' => clean_variables($text('variables')),
        'open' => in_array($text('open'), array('1', 'true', 'open'), true),
    );
    return array_filter(
        $attributes,
        function ($value) {
            return $value !== '' && $value !== false;
        }
    );
}

/** A JSON object, written anew; empty when it is none. */
function clean_variables(string $json): string
{
    $variables = json_decode($json, true, 8);
    if (!is_array($variables) || $variables === array() || substr(ltrim($json), 0, 1) !== '{') {
        return '';
    }
    return (string) wp_json_encode($variables, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
}

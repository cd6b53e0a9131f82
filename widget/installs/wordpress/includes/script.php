<?php

/**
 * The element's script: a module from the backend, loaded once however many agents a page has.
 */

namespace VapiAgent\Script;

use VapiAgent\Settings;

const HANDLE = 'vapi-agent';

/** No version in the URL: the backend decides how long browsers cache the file. */
function enqueue(): void
{
    $url = Settings\get()['server'] . '/widget.js';
    if (function_exists('wp_enqueue_script_module')) {
        wp_enqueue_script_module(HANDLE, $url, array(), null);
    } else {
        wp_enqueue_script(HANDLE, $url, array(), null, true);
    }
}

/**
 * Makes the tag a module where WordPress (before 6.5) cannot.
 *
 * @param string $tag
 * @param string $handle
 * @param string $src
 */
function as_module($tag, $handle, $src): string
{
    if ($handle !== HANDLE) {
        return (string) $tag;
    }
    return wp_get_script_tag(array('type' => 'module', 'src' => $src, 'id' => HANDLE . '-js'));
}

/**
 * Optimizers that bundle or delay scripts break a module with relative chunk URLs, and would save almost nothing here.
 * Each attribute is the one that an optimizer documents for skipping a script.
 *
 * @param array $attributes of a script tag that WordPress is about to print
 */
function keep_optimizers_away($attributes): array
{
    $attributes = (array) $attributes;
    if (strpos((string) ($attributes['id'] ?? ''), HANDLE . '-js') !== 0) {
        return $attributes;
    }
    return array_merge(
        array(
            'data-cfasync' => 'false', // Cloudflare Rocket Loader, which looks for it before the address
            'data-no-optimize' => '1', // LiteSpeed Cache
            'data-no-defer' => '1', // LiteSpeed Cache
            'data-no-minify' => '1', // WP Rocket
            'nowprocket' => true, // WP Rocket, delayed scripts
            'data-noptimize' => '1', // Autoptimize
            'data-jetpack-boost' => 'ignore', // Jetpack Boost
        ),
        $attributes
    );
}

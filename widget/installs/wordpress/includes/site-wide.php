<?php

/**
 * The launcher in a corner, on the whole site or on what was chosen. A page whose content has an agent of its own
 * shows only that one.
 */

namespace VapiAgent\SiteWide;

use VapiAgent\Element;
use VapiAgent\Script;
use VapiAgent\Settings;

/** The script is enqueued early: block themes print modules in the head. */
function enqueue(): void
{
    if (is_wanted_here()) {
        Script\enqueue();
    }
}

function render(): void
{
    if (!is_wanted_here() || Element\count_rendered() > 0) {
        return;
    }
    $settings = Settings\get();
    $wanted = array_intersect_key($settings, array_flip(array('mode', 'placement', 'theme', 'size', 'label')));
    // Every value is escaped where the tag is made.
    // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped
    echo Element\render($wanted, '') . "\n";
}

function is_wanted_here(): bool
{
    $settings = Settings\get();
    if (!Settings\is_complete() || $settings['where'] === 'nowhere') {
        return false;
    }
    if ($settings['where'] === 'everywhere') {
        return true;
    }
    if ($settings['front_page'] && is_front_page()) {
        return true;
    }
    return is_singular() && (
        in_array(get_post_type(), $settings['post_types'], true)
        || in_array(get_queried_object_id(), $settings['pages'], true)
    );
}

<?php

/**
 * The launcher in a corner, on the whole site or where chosen. A page whose content has its own agent shows only that
 * one.
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
    echo Element\render($wanted, Settings\client()['placement'] ?? '') . "\n";
}

/**
 * Other plugins render the content early, for a description or a word count, and discard it. Only rendering for the
 * page itself counts: block themes do it between here and the head, others after the head.
 *
 * @param string $template the last filter before the page is made
 */
function forget_early($template)
{
    Element\count_rendered(0);
    return $template;
}

/** At the head's start and again at its end: an agent rendered in between is not visible. */
function skip_head(): void
{
    static $before = null;
    if ($before === null) {
        $before = Element\count_rendered();
    } else {
        Element\count_rendered($before);
    }
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
    return (is_singular() && in_array(get_post_type(), $settings['post_types'], true))
        || in_array(page_shown(), $settings['pages'], true);
}

/** The current page, even if WordPress shows a list in its place: the posts, the products of a shop. */
function page_shown(): int
{
    if (is_singular() || is_home()) {
        return get_queried_object_id();
    }
    $kind = is_post_type_archive() ? get_queried_object() : null;
    $path = $kind instanceof \WP_Post_Type ? $kind->has_archive : false;
    $page = is_string($path) ? get_page_by_path($path) : null;
    return $page ? $page->ID : 0;
}

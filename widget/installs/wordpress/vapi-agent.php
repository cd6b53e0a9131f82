<?php

/**
 * Plugin Name:       Vapi Agent
 * Description:       Puts your voice agent on this site: everywhere, on chosen pages, by a block or by a shortcode.
 * Version:           0.2.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * Author:            vapi-agent
 * License:           MIT
 * License URI:       https://opensource.org/license/mit
 * Text Domain:       vapi-agent
 * Domain Path:       /languages
 */

namespace VapiAgent;

defined('ABSPATH') || exit;

require __DIR__ . '/includes/settings.php';
require __DIR__ . '/includes/script.php';
require __DIR__ . '/includes/element.php';
require __DIR__ . '/includes/block.php';
require __DIR__ . '/includes/site-wide.php';
require __DIR__ . '/includes/settings-page.php';

add_action('init', __NAMESPACE__ . '\Settings\load_translations');
add_action('init', __NAMESPACE__ . '\Settings\register');
add_action('init', __NAMESPACE__ . '\Block\register');
add_action('enqueue_block_editor_assets', __NAMESPACE__ . '\Block\tell_editor');
add_shortcode('vapi_agent', __NAMESPACE__ . '\Element\shortcode');

add_filter('script_loader_tag', __NAMESPACE__ . '\Script\as_module', 10, 3);
add_filter('wp_script_attributes', __NAMESPACE__ . '\Script\keep_optimizers_away');

add_action('wp_enqueue_scripts', __NAMESPACE__ . '\SiteWide\enqueue');
add_filter('template_include', __NAMESPACE__ . '\SiteWide\forget_early', PHP_INT_MAX);
add_action('wp_head', __NAMESPACE__ . '\SiteWide\skip_head', PHP_INT_MIN);
add_action('wp_head', __NAMESPACE__ . '\SiteWide\skip_head', PHP_INT_MAX);
// Before the footer's scripts (priority 10 and later), after all content.
add_action('wp_footer', __NAMESPACE__ . '\SiteWide\render', 5);

add_action('admin_menu', __NAMESPACE__ . '\SettingsPage\add_page');
add_action('admin_init', __NAMESPACE__ . '\SettingsPage\suggest_privacy_text');
add_filter('plugin_action_links_' . plugin_basename(__FILE__), __NAMESPACE__ . '\SettingsPage\add_link');

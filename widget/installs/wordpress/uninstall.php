<?php

/**
 * WordPress runs this when the plugin is deleted. The one option is all that the plugin ever stores.
 */

defined('WP_UNINSTALL_PLUGIN') || exit;

if (is_multisite()) {
    foreach (get_sites(array('fields' => 'ids', 'number' => 0)) as $vapi_agent_site) {
        delete_blog_option($vapi_agent_site, 'vapi_agent');
    }
} else {
    delete_option('vapi_agent');
}

<?php

/**
 * Put into a test site beside WordPress's own files: does what no page of the admin does. `?do=` names it; the answer
 * is JSON.
 */

$do = $_GET['do'] ?? '';
if ($do === 'install' || $do === 'install-network') {
    define('WP_INSTALLING', true);
}
require __DIR__ . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';

switch ($do) {
    case 'install':
        require_once ABSPATH . 'wp-admin/includes/upgrade.php';
        wp_install('Corner Shop', 'admin', 'admin@shop.example', true, '', 'correct horse battery');
        update_option('default_comment_status', 'closed');
        $answer = get_bloginfo('version');
        break;
    case 'install-network':
        require_once ABSPATH . 'wp-admin/includes/upgrade.php';
        foreach ($wpdb->tables('ms_global') as $table => $prefixed) {
            $wpdb->$table = $prefixed;
        }
        install_network();
        $answer = populate_network(1, $_SERVER['HTTP_HOST'], 'admin@shop.example', 'Network', '/', false);
        break;
    case 'facts':
        $answer = array('php' => PHP_VERSION, 'wordpress' => get_bloginfo('version'));
        break;
    case 'options':
        $answer = $wpdb->get_col("SELECT option_name FROM $wpdb->options ORDER BY option_name");
        break;
    case 'user':
        $answer = wp_insert_user(
            array('user_login' => $_GET['role'], 'user_pass' => 'correct horse battery', 'role' => $_GET['role'])
        );
        break;
    case 'page':
        // An administrator may write anything, so nothing is filtered on the way in.
        wp_set_current_user(1);
        // WordPress has added the slashes that this function takes away.
        $answer = wp_insert_post(
            array(
                'post_type' => 'page',
                'post_status' => 'publish',
                'post_title' => $_GET['title'],
                'post_content' => $_GET['content'],
            )
        );
        break;
    case 'pages':
        for ($number = 1; $number <= (int) $_GET['count']; $number++) {
            $title = sprintf('Page %04d', $number);
            $answer = wp_insert_post(
                array('post_type' => 'page', 'post_status' => 'publish', 'post_title' => $title)
            );
        }
        break;
    case 'theme':
        switch_theme($_GET['name']);
        $answer = get_stylesheet();
        break;
    case 'option':
        $answer = update_option($_GET['name'], $_GET['value']);
        break;
    case 'settings':
        update_option('vapi_agent', json_decode(wp_unslash($_GET['value']), true));
        $answer = get_option('vapi_agent');
        break;
    case 'sanitize':
        $answer = \VapiAgent\Settings\sanitize(json_decode(wp_unslash($_GET['value']), true));
        break;
    case 'activate':
        $answer = activate_plugin('vapi-agent/vapi-agent.php', '', isset($_GET['network']));
        break;
    case 'second-site':
        $answer = wp_insert_site(array('domain' => $_SERVER['HTTP_HOST'], 'path' => '/two/', 'user_id' => 1));
        break;
    case 'network-settings':
        foreach (get_sites(array('fields' => 'ids')) as $id) {
            update_blog_option($id, 'vapi_agent', array('tenant' => 'site-' . $id));
        }
        $answer = count(get_sites());
        break;
    case 'network-uninstall':
        deactivate_plugins('vapi-agent/vapi-agent.php', false, true);
        uninstall_plugin('vapi-agent/vapi-agent.php');
        $answer = array();
        foreach (get_sites(array('fields' => 'ids')) as $id) {
            $answer[$id] = get_blog_option($id, 'vapi_agent', null);
        }
        break;
    default:
        $answer = 'unknown';
}

header('content-type: application/json');
echo wp_json_encode($answer instanceof WP_Error ? $answer->get_error_message() : $answer);

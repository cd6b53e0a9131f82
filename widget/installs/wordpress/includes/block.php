<?php

/**
 * The block: saved as attributes only and rendered here, so that changed settings reach every page.
 */

namespace VapiAgent\Block;

use VapiAgent\Element;
use VapiAgent\Settings;

const EDITOR_SCRIPT = 'vapi-agent-agent-editor-script';

function register(): void
{
    $folder = dirname(__DIR__);
    register_block_type($folder . '/block', array('render_callback' => __NAMESPACE__ . '\render'));
    wp_set_script_translations(EDITOR_SCRIPT, 'vapi-agent', $folder . '/languages');
}

/**
 * @param array $attributes of `block.json`
 */
function render($attributes): string
{
    $element = Element\render((array) $attributes, 'inline');
    return $element === '' ? '' : '<div ' . get_block_wrapper_attributes() . '>' . $element . '</div>';
}

/** What the preview in the editor cannot find out alone. */
function tell_editor(): void
{
    $settings = Settings\get();
    $looks = Element\looks($settings);
    $facts = array(
        'configured' => Settings\is_complete(),
        'tenant' => $settings['tenant'],
        'label' => $looks['label'] ?? '',
        'accent' => $looks['accent'] ?? '',
        'settingsUrl' => current_user_can('manage_options') ? admin_url('options-general.php?page=vapi-agent') : '',
    );
    wp_add_inline_script(EDITOR_SCRIPT, 'window.vapiAgentEditor = ' . wp_json_encode($facts) . ';', 'before');
}

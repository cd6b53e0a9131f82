<?php

/**
 * Settings → Vapi Agent, for users who may manage options. The form goes through WordPress's options.php, which checks
 * nonce and capability.
 */

namespace VapiAgent\SettingsPage;

use VapiAgent\Settings;

const CAPABILITY = 'manage_options';
const SLUG = 'vapi-agent';
/** Longer lists of pages would make the form unusable; chosen pages are always listed, others are entered by number. */
const MAX_PAGES = 200;

function add_page(): void
{
    $title = __('Vapi Agent', 'vapi-agent');
    $hook = add_options_page($title, $title, CAPABILITY, SLUG, __NAMESPACE__ . '\render');
    if ($hook) {
        add_action('admin_print_scripts-' . $hook, __NAMESPACE__ . '\enqueue');
    }
}

function enqueue(): void
{
    $script = function (string $handle, string $file, array $needs): void {
        wp_enqueue_script($handle, plugins_url('admin/' . $file, __DIR__), $needs, Settings\VERSION, true);
        wp_set_script_translations($handle, 'vapi-agent', dirname(__DIR__) . '/languages');
    };
    $script('vapi-agent-backend', 'backend.js', array());
    $script('vapi-agent-client-looks', 'client-looks.js', array('wp-i18n', 'vapi-agent-backend'));
    $script('vapi-agent-test', 'test-connection.js', array('wp-i18n', 'vapi-agent-backend'));
}

/**
 * @param array $links of the plugin in the list of plugins
 */
function add_link($links): array
{
    $url = admin_url('options-general.php?page=' . SLUG);
    $link = '<a href="' . esc_url($url) . '">' . esc_html__('Settings', 'vapi-agent') . '</a>';
    return array_merge(array('settings' => $link), (array) $links);
}

/** A paragraph for the site's privacy policy, in WordPress's own guide. */
function suggest_privacy_text(): void
{
    $text = __(
        'Pages with the button of our voice agent load a small script from the service that runs it; that service then knows your IP address and the address of our site. When you move to the button with a pointer, a finger or the keyboard, your browser also asks that service for its settings and for permission to start a conversation. Once you have started a conversation and allowed the microphone, what you say and write is sent to that service and to the companies that it uses for calls.',
        'vapi-agent'
    );
    wp_add_privacy_policy_content(__('Vapi Agent', 'vapi-agent'), '<p>' . esc_html($text) . '</p>');
}

function render(): void
{
    if (!current_user_can(CAPABILITY)) {
        return;
    }
    $settings = Settings\get();
    echo '<div class="wrap"><h1>' . esc_html(get_admin_page_title()) . '</h1>';
    echo '<form action="' . esc_url(admin_url('options.php')) . '" method="post">';
    settings_fields(Settings\OPTION);
    heading(
        __('Connection', 'vapi-agent'),
        __('The people who run your voice agent provide both.', 'vapi-agent')
    );
    connection_rows($settings);
    echo '</table>';
    heading(
        __('Where it appears', 'vapi-agent'),
        __('A block “Voice agent” and the shortcode [vapi_agent] add it to a single page, which then shows only that one.', 'vapi-agent')
    );
    where_rows($settings);
    echo '</table>';
    heading(
        __('The launcher', 'vapi-agent'),
        __('“As the client is set up” is read from the backend while this page is open, and stored when you save.', 'vapi-agent')
    );
    looks_rows($settings);
    echo '</table>';
    // What the backend reports about the client, for the next save; a script keeps it current.
    printf(
        '<input type="hidden" id="vapi-agent-client" name="%s[client]" value="%s">',
        esc_attr(Settings\OPTION),
        esc_attr((string) wp_json_encode(Settings\client()))
    );
    submit_button();
    echo '</form></div>';
}

function heading(string $title, string $text): void
{
    echo '<h2>' . esc_html($title) . '</h2>';
    if ($text !== '') {
        echo '<p>' . esc_html($text) . '</p>';
    }
    echo '<table class="form-table" role="presentation">';
}

function connection_rows(array $settings): void
{
    $server = __('Backend URL', 'vapi-agent');
    text_row('server', $server, $settings['server'], 'url', 'https://voice.agency.example');
    text_row('tenant', __('Client name', 'vapi-agent'), $settings['tenant'], 'text', 'acme');
    echo '<tr><th scope="row"></th><td>';
    echo '<button type="button" class="button" id="vapi-agent-test" data-home="' . esc_attr(home_url()) . '">';
    echo esc_html__('Test connection', 'vapi-agent') . '</button>';
    echo '<div id="vapi-agent-test-result" role="status"></div></td></tr>';
}

function where_rows(array $settings): void
{
    $choices = array(
        'everywhere' => __('On every page', 'vapi-agent'),
        'chosen' => __('Only where chosen below', 'vapi-agent'),
        'nowhere' => __('Only where a block or a shortcode adds it', 'vapi-agent'),
    );
    $legend = __('Launcher in the corner', 'vapi-agent');
    group_start($legend);
    foreach ($choices as $value => $label) {
        option('radio', 'where', $value, $label, $settings['where'] === $value);
    }
    group_end();
    group_start(__('Chosen page types', 'vapi-agent'));
    option('checkbox', 'front_page', '1', __('Front page', 'vapi-agent'), (bool) $settings['front_page']);
    foreach (get_post_types(array('public' => true), 'objects') as $type) {
        $is_chosen = in_array($type->name, $settings['post_types'], true);
        option('checkbox', 'post_types][', $type->name, $type->labels->name, $is_chosen);
    }
    group_end();
    pages_row($settings['pages']);
}

/**
 * @param int[] $chosen
 */
function pages_row(array $chosen): void
{
    $query = array('post_type' => 'page', 'post_status' => 'publish', 'orderby' => 'title', 'order' => 'ASC');
    $pages = get_posts($query + array('numberposts' => MAX_PAGES + 1));
    $are_more = count($pages) > MAX_PAGES;
    $pages = array_slice($pages, 0, MAX_PAGES);
    $missing = array_diff($chosen, wp_list_pluck($pages, 'ID'));
    // A chosen page may be a draft again, or beyond the list's end; saving the form must not lose it.
    $rest = $missing ? get_posts(array('post_type' => 'any', 'post_status' => 'any', 'include' => $missing)) : array();
    if ($pages === array() && $rest === array()) {
        return;
    }
    group_start(__('Chosen pages', 'vapi-agent'));
    foreach (array_merge($pages, $rest) as $page) {
        $title = $page->post_title !== '' ? $page->post_title : '#' . $page->ID;
        option('checkbox', 'pages][', (string) $page->ID, $title, in_array($page->ID, $chosen, true));
    }
    group_end();
    if ($are_more) {
        more_pages_row();
    }
}

function more_pages_row(): void
{
    printf(
        '<tr><th scope="row"><label for="vapi-agent-more-pages">%s</label></th><td>'
        . '<input class="regular-text" type="text" id="vapi-agent-more-pages" name="%s[pages][]" placeholder="812, 977">'
        . '<p class="description">%s</p></td></tr>',
        esc_html__('Further pages', 'vapi-agent'),
        esc_attr(Settings\OPTION),
        esc_html(
            sprintf(
                /* translators: %d: how many pages the list above shows */
                __('The list shows %d pages, but this site has more. Enter the numbers of others, separated by commas: the number after “post=” in the editor’s address.', 'vapi-agent'),
                MAX_PAGES
            )
        )
    );
}

function looks_rows(array $settings): void
{
    $backend = __('As the client is set up', 'vapi-agent');
    $placements = array(
        '' => $backend,
        'bottom-right' => __('Bottom right', 'vapi-agent'),
        'bottom-left' => __('Bottom left', 'vapi-agent'),
        'top-right' => __('Top right', 'vapi-agent'),
        'top-left' => __('Top left', 'vapi-agent'),
    );
    $themes = array(
        '' => $backend,
        'auto' => __('As the visitor’s device', 'vapi-agent'),
        'light' => __('Light', 'vapi-agent'),
        'dark' => __('Dark', 'vapi-agent'),
    );
    $sizes = array(
        'small' => __('Small, icon only', 'vapi-agent'),
        'medium' => __('Medium', 'vapi-agent'),
        'large' => __('Large', 'vapi-agent'),
    );
    $modes = array(
        '' => $backend,
        'voice' => __('Starts a call', 'vapi-agent'),
        'chat' => __('Chat', 'vapi-agent'),
        'hybrid' => __('Lets visitors choose', 'vapi-agent'),
    );
    $rejoin = array('' => $backend, 'yes' => __('Yes', 'vapi-agent'), 'no' => __('No', 'vapi-agent'));
    text_row('label', __('Text on the button', 'vapi-agent'), $settings['label'], 'text', __('Talk to us', 'vapi-agent'));
    select_row('placement', __('Corner', 'vapi-agent'), $placements, $settings['placement']);
    text_row('accent', __('Colour', 'vapi-agent'), $settings['accent'], 'text', '#14635c');
    select_row('theme', __('Light or dark', 'vapi-agent'), $themes, $settings['theme']);
    select_row('size', __('Size', 'vapi-agent'), $sizes, $settings['size']);
    select_row('mode', __('What a click does', 'vapi-agent'), $modes, $settings['mode']);
    select_row('rejoin', __('Continue a call from page to page', 'vapi-agent'), $rejoin, $settings['rejoin']);
}

function text_row(string $key, string $label, string $value, string $type, string $placeholder): void
{
    printf(
        '<tr><th scope="row"><label for="vapi-agent-%1$s">%2$s</label></th>'
        . '<td><input class="regular-text" type="%3$s" id="vapi-agent-%1$s" name="%4$s[%1$s]" value="%5$s" placeholder="%6$s"></td></tr>',
        esc_attr($key),
        esc_html($label),
        esc_attr($type),
        esc_attr(Settings\OPTION),
        esc_attr($value),
        esc_attr($placeholder)
    );
}

/**
 * @param array<string, string> $choices labels by value
 */
function select_row(string $key, string $label, array $choices, string $chosen): void
{
    printf(
        '<tr><th scope="row"><label for="vapi-agent-%1$s">%2$s</label></th><td><select id="vapi-agent-%1$s" name="%3$s[%1$s]">',
        esc_attr($key),
        esc_html($label),
        esc_attr(Settings\OPTION)
    );
    foreach ($choices as $value => $text) {
        $selected = selected($chosen, $value, false);
        // `selected` gives a fixed text.
        // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped
        echo '<option value="' . esc_attr($value) . '"' . $selected . '>' . esc_html($text) . '</option>';
    }
    echo '</select></td></tr>';
}

function group_start(string $legend): void
{
    echo '<tr><th scope="row">' . esc_html($legend) . '</th><td>';
    echo '<fieldset style="max-height: 16em; overflow: auto"><legend class="screen-reader-text">';
    echo esc_html($legend) . '</legend>';
}

function group_end(): void
{
    echo '</fieldset></td></tr>';
}

/**
 * A radio button or a checkbox on a separate line.
 *
 * @param string $key of the option; `name][` collects several into a list
 */
function option(string $type, string $key, string $value, string $label, bool $is_checked): void
{
    printf(
        '<label><input type="%s" name="%s" value="%s"%s> %s</label><br>',
        esc_attr($type),
        esc_attr(Settings\OPTION . '[' . $key . ']'),
        esc_attr($value),
        checked($is_checked, true, false),
        esc_html($label)
    );
}

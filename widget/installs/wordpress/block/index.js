/**
 * The block in the editor: its settings, and a picture of the launcher. The real element is not loaded there, so that
 * no one starts a call by accident while writing.
 */
(({ blocks, blockEditor, components, element, i18n }, facts) => {
  const { createElement: el } = element;
  const { __, sprintf } = i18n;

  const placements = {
    inline: __('Here in the text', 'vapi-agent'),
    'bottom-right': __('Bottom right corner of the page', 'vapi-agent'),
    'bottom-left': __('Bottom left corner of the page', 'vapi-agent'),
    'top-right': __('Top right corner of the page', 'vapi-agent'),
    'top-left': __('Top left corner of the page', 'vapi-agent'),
  };
  const modes = {
    '': __('As the client is set up', 'vapi-agent'),
    voice: __('Starts a call', 'vapi-agent'),
    chat: __('Chat', 'vapi-agent'),
    hybrid: __('Lets visitors choose', 'vapi-agent'),
  };
  const themes = {
    '': __('As on the rest of the site', 'vapi-agent'),
    auto: __('As the visitor’s device', 'vapi-agent'),
    light: __('Light', 'vapi-agent'),
    dark: __('Dark', 'vapi-agent'),
  };
  const rejoin = {
    '': __('As on the rest of the site', 'vapi-agent'),
    yes: __('Yes', 'vapi-agent'),
    no: __('No', 'vapi-agent'),
  };
  const sizes = {
    '': __('Medium', 'vapi-agent'),
    small: __('Small, icon only', 'vapi-agent'),
    large: __('Large', 'vapi-agent'),
  };

  const options = (labels) => Object.entries(labels).map(([value, label]) => ({ value, label }));
  // Newer editors ask for these two, older ones ignore them.
  const look = { __nextHasNoMarginBottom: true, __next40pxDefaultSize: true };

  function isJsonObject(text) {
    try {
      const value = JSON.parse(text);
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    } catch {
      return false;
    }
  }

  function controls(attributes, setAttributes) {
    const field = (control, name, rest) =>
      el(control, {
        key: name,
        ...(control === components.ToggleControl
          ? { checked: attributes[name], __nextHasNoMarginBottom: true }
          : { value: attributes[name], ...look }),
        onChange: (value) => setAttributes({ [name]: value }),
        ...rest,
      });
    const { SelectControl, TextControl, TextareaControl, ToggleControl, PanelBody } = components;
    const variablesFit = attributes.variables.trim() === '' || isJsonObject(attributes.variables);
    return el(
      blockEditor.InspectorControls,
      null,
      el(
        PanelBody,
        { title: __('Launcher', 'vapi-agent') },
        field(TextControl, 'label', {
          label: __('Text on the button', 'vapi-agent'),
          placeholder: facts.label || __('Talk to us', 'vapi-agent'),
        }),
        field(SelectControl, 'placement', {
          label: __('Position', 'vapi-agent'),
          options: options(placements),
        }),
        field(SelectControl, 'size', { label: __('Size', 'vapi-agent'), options: options(sizes) }),
        field(SelectControl, 'theme', { label: __('Light or dark', 'vapi-agent'), options: options(themes) }),
      ),
      el(
        PanelBody,
        { title: __('Conversation', 'vapi-agent'), initialOpen: false },
        field(SelectControl, 'mode', {
          label: __('What a click does', 'vapi-agent'),
          options: options(modes),
        }),
        field(SelectControl, 'rejoin', {
          label: __('Continue a call from page to page', 'vapi-agent'),
          options: options(rejoin),
        }),
        field(ToggleControl, 'open', { label: __('Open when the page loads', 'vapi-agent') }),
        field(TextControl, 'lang', {
          label: __('Language of the texts', 'vapi-agent'),
          help: __('A code such as de or pt-BR; empty for the language of the page.', 'vapi-agent'),
        }),
        field(TextControl, 'tenant', {
          label: __('Client name', 'vapi-agent'),
          placeholder: facts.tenant,
          help: __('Only if this page has a different agent.', 'vapi-agent'),
        }),
        field(TextareaControl, 'variables', {
          label: __('Variables for the assistant', 'vapi-agent'),
          help: variablesFit
            ? __('A JSON object, for example {"page": "prices"}.', 'vapi-agent')
            : __('This is not a JSON object, so it is ignored.', 'vapi-agent'),
        }),
      ),
    );
  }

  function preview({ label, placement, size }) {
    const text = label || facts.label || __('Talk to us', 'vapi-agent');
    const launcher = el(
      'span',
      {
        className: `vapi-agent-preview__launcher is-${size || 'medium'}`,
        style: facts.accent ? { background: facts.accent } : undefined,
      },
      el('span', { className: 'vapi-agent-preview__icon', 'aria-hidden': true }),
      size === 'small' ? el('span', { className: 'screen-reader-text' }, text) : text,
    );
    if (placement === 'inline') return launcher;
    /* translators: %s: a corner of the page */
    const where = sprintf(__('Voice agent: %s', 'vapi-agent'), placements[placement]);
    return [
      el('span', { key: 'launcher' }, launcher),
      el('span', { key: 'where', className: 'vapi-agent-preview__where' }, where),
    ];
  }

  function unconfigured() {
    return el(
      components.Placeholder,
      {
        icon: 'microphone',
        label: __('Voice agent', 'vapi-agent'),
        instructions: __('The backend is not set up yet, so visitors see nothing here.', 'vapi-agent'),
      },
      facts.settingsUrl
        ? el('a', { href: facts.settingsUrl, target: '_blank' }, __('Open the settings', 'vapi-agent'))
        : null,
    );
  }

  blocks.registerBlockType('vapi-agent/agent', {
    edit({ attributes, setAttributes }) {
      const props = blockEditor.useBlockProps({ className: 'vapi-agent-preview' });
      return [
        el(element.Fragment, { key: 'controls' }, controls(attributes, setAttributes)),
        el('div', { key: 'preview', ...props }, facts.configured ? preview(attributes) : unconfigured()),
      ];
    },
    save: () => null,
  });
})(
  window.wp,
  window.vapiAgentEditor || { configured: true, tenant: '', label: '', accent: '', settingsUrl: '' },
);

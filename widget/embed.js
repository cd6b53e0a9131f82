import(new URL('widget.js', document.currentScript.src));

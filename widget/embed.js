// The page's own HTML can name an image `currentScript`, but not change this getter.
import(
  new URL(
    'widget.js',
    Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript').get.call(document).src,
  )
);

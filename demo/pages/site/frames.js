/** The same site under its other name, which is a different origin: like a frame of another site. */
const other = new URL('/framed', location.href);
other.hostname = location.hostname === 'localhost' ? '127.0.0.1' : 'localhost';

for (const frame of document.querySelectorAll('iframe')) frame.src = other.href;

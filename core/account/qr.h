/* A text as a picture for cameras: a QR code (ISO/IEC 18004) in SVG. */

#ifndef SLUICE_QR_H
#define SLUICE_QR_H

/* A whole SVG document of one path, dark on white with the margin of four
   modules that readers want, to wipe and free(); it names no size, so it fills
   what it is put into. NULL for an empty text, one over 2,331 bytes, or without
   memory. Up to some milliseconds: not on nginx's loop. */
char *qr_svg(const char *text);

#endif

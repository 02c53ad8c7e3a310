// Writes score.pdf, the demo score, to standard output: a melody of the 18th
// century and a small variation, drawn with nothing but PDF operators
// (ISO 32000). Run it again after a change: node score.js > score.pdf

const page = { width: 595, height: 842, left: 56, right: 539, bottom: 84 };
const space = 7.4;            // between two lines of a staff, in points
const systems = 6, bars = 4;  // a page has six rows of four bars
const head = 20, firstHead = 33; // room for the clef, and for the time, too

// Degrees of C major, 0 is c'. A bar has two quarters or one half.
const theme = [
    '0 0', '4 4', '5 5', '4h', '3 3', '2 2', '1 1', '0h',
    '4 4', '3 3', '2 2', '1h', '4 4', '3 3', '2 2', '1h',
    '0 0', '4 4', '5 5', '4h', '3 3', '2 2', '1 1', '0h',
];

// Each quarter goes up to its neighbour, each half turns around itself.
const variation = theme.map((bar, n) => {
    const [a, b] = bar.split(' ').map((d) => parseInt(d, 10));
    if (n === theme.length - 1) {
        return bar;
    }
    return b === undefined
        ? `${a}e ${a + 1}e ${a - 1}e ${a}e`
        : `${a}e ${a + 1}e ${b}e ${b + 1}e`;
});

const number = (x) => String(Math.round(x * 100) / 100);
const op = (name, ...args) => `${args.map(number).join(' ')} ${name}\n`;
const line = (width, x1, y1, x2, y2) =>
    op('w', width) + op('m', x1, y1) + op('l', x2, y2) + 'S\n';

// A curve through the points of a glyph, in spaces around (x, y).
function path(x, y, start, ...curves) {
    const at = (values) =>
        values.map((v, i) => (i % 2 ? y : x) + v * space);
    return op('m', ...at(start))
        + curves.map((curve) => op('c', ...at(curve))).join('');
}

function ellipse(x, y, rx, ry, tilt) {
    const k = 0.5523, cos = Math.cos(tilt), sin = Math.sin(tilt);
    const turn = (points) => points.flatMap(([px, py]) =>
        [px * rx * cos - py * ry * sin, px * rx * sin + py * ry * cos]);
    return path(x, y, turn([[1, 0]]),
        turn([[1, k], [k, 1], [0, 1]]), turn([[-k, 1], [-1, k], [-1, 0]]),
        turn([[-1, -k], [-k, -1], [0, -1]]), turn([[k, -1], [1, -k], [1, 0]]));
}

// The treble clef curls around the line of g', which is y.
function clef(x, y) {
    const belly = [
        [-0.55, -0.3, -0.55, 0.65, 0.08, 0.7],
        [0.95, 0.75, 1.05, -0.95, 0.12, -1],
    ];
    const back = [
        [-0.75, -1.05, -1.35, -0.5, -1.3, 0.25],
        [-1.25, 1.1, -0.35, 1.6, 0.12, 2.3],
    ];
    const neck = [
        [0.55, 2.85, 0.62, 3.5, 0.36, 4.05],
        [0.1, 4.4, -0.2, 3.9, -0.22, 3.1],
        [-0.12, 2, 0.2, -0.6, 0.34, -1.85],
        [0.42, -2.75, -0.5, -2.8, -0.52, -2.15],
    ];
    return '1 J 1 j\n'
        + op('w', 0.17 * space)
        + path(x, y, [0.05, -0.45], ...belly, ...back, ...neck) + 'S\n'
        + op('w', 0.3 * space)
        + path(x, y, belly[1].slice(4), ...back) + 'S\n'
        + path(x, y, belly[0].slice(4), belly[1]) + 'S\n'
        + ellipse(x - 0.3 * space, y - 2.1 * space, 0.28, 0.28, 0) + 'f\n'
        + '0 J 0 j\n';
}

// Lines of text: font 1 is Times, 2 bold, 3 italic.
function text(font, size, x, y, words) {
    return `BT /F${font} ${size} Tf ${number(x)} ${number(y)} Td `
        + `(${words}) Tj ET\n`;
}

// One note on the staff whose lowest line (e') is y. Returns where its stem
// ends, so that beams can join stems.
function note(degree, kind, x, y, end) {
    const ny = y + (degree - 2) * space / 2;
    const up = end !== undefined || degree < 6;
    const sx = x + (up ? 0.56 : -0.56) * space;
    const tip = end ?? ny + (up ? 3.5 : -3.5) * space;
    let out = '';

    if (degree <= 0) {
        out += line(0.9, x - space, y - space, x + space, y - space);
    }
    if (kind === 'h') {
        out += op('w', 0.24 * space)
            + ellipse(x, ny, 0.52, 0.34, 0.5) + 's\n';
    } else {
        out += ellipse(x, ny, 0.64, 0.42, 0.4) + 'f\n';
    }
    return out + line(0.95, sx, ny, sx, tip);
}

function bar(notes, x, width, y) {
    const parts = notes.split(' ');
    const beamed = parts[0].endsWith('e');
    const at = (n) => x + width * (n + 0.5) / parts.length
        - (parts.length === 1 ? width * 0.22 : 0);
    let out = '';

    // Two eighths share a beam, at the height the higher of them needs.
    for (let n = 0; n < parts.length; n++) {
        const degree = parseInt(parts[n], 10);
        const kind = parts[n].replace(/[-\d]/g, '') || 'q';
        let end;
        if (beamed) {
            const pair = parts.slice(n - n % 2, n - n % 2 + 2)
                .map((d) => parseInt(d, 10));
            end = y + (Math.max(...pair) - 2) * space / 2 + 3.4 * space;
            if (n % 2 === 0) {
                const from = at(n) + 0.49 * space;
                const to = at(n + 1) + 0.63 * space;
                out += op('re', from, end - 0.5 * space, to - from,
                    0.5 * space) + 'f\n';
            }
        }
        out += note(degree, kind, at(n), y, end);
    }
    return out;
}

function system(row, y, music, number) {
    const room = row === 0 ? firstHead : head;
    const width = (page.right - page.left - room) / bars;
    let out = '';

    for (let n = 0; n < 5; n++) {
        out += line(0.55, page.left, y + n * space, page.right, y + n * space);
    }
    out += clef(page.left + 11, y + space);
    if (row === 0) {
        out += text(2, 20, page.left + 23, y + 2.08 * space, '2')
            + text(2, 20, page.left + 23, y + 0.08 * space, '4');
    } else {
        out += text(3, 7.5, page.left - 2, y + 5.2 * space, String(number));
    }

    for (let n = 0; n < bars; n++) {
        const x = page.left + room + n * width;
        out += bar(music[n], x + 6, width - 8, y)
            + line(0.8, x + width, y, x + width, y + 4 * space);
    }
    if (row === systems - 1) {
        out += line(3, page.right - 1.5, y, page.right - 1.5, y + 4 * space)
            + line(0.8, page.right - 5.5, y, page.right - 5.5, y + 4 * space);
    }
    return out;
}

function sheet(music, top, tempo, footer, title) {
    const pitch = (top - page.bottom) / (systems - 1);
    let out = '0 g 0 G\n' + title + text(2, 11, page.left, top + 50, tempo);
    for (let row = 0; row < systems; row++) {
        out += system(row, top - row * pitch,
            music.slice(row * bars, (row + 1) * bars), row * bars + 1);
    }
    return out + text(3, 8.5, 292, 40, footer);
}

const title = text(2, 25, 157, 758, 'Ah ! vous dirai-je, maman')
    + text(3, 12.5, 223, 734, 'Theme, and a small variation')
    + text(1, 10.5, 488, 706, 'Traditional')
    + text(1, 10.5, 56, 706, 'Paris, about 1740');

const pages = [
    sheet(theme, 620, 'Andante', '- 1 -', title),
    sheet(variation, 690, 'Variation. Un poco animato', '- 2 -',
        text(3, 10.5, 240, 780, 'Ah ! vous dirai-je, maman')),
];

const font = (name) =>
    `<< /Type /Font /Subtype /Type1 /BaseFont /${name} >>`;
const content = (body) =>
    `<< /Length ${body.length} >>\nstream\n${body}endstream`;
const leaf = (contents) => '<< /Type /Page /Parent 2 0 R '
    + `/MediaBox [0 0 ${page.width} ${page.height}] /Contents ${contents} 0 R `
    + '/Resources << /Font << /F1 8 0 R /F2 9 0 R /F3 10 0 R >> >> >>';

const objects = [
    '<< /Type /Catalog /Pages 2 0 R /Lang (en) >>',
    '<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>',
    leaf(5), leaf(6), content(pages[0]), content(pages[1]),
    '<< /Title (Ah ! vous dirai-je, maman) /Author (Traditional) >>',
    font('Times-Roman'), font('Times-Bold'), font('Times-Italic'),
];

let pdf = '%PDF-1.4\n';
const offsets = objects.map((body, n) => {
    const offset = pdf.length;
    pdf += `${n + 1} 0 obj\n${body}\nendobj\n`;
    return offset;
});
const xref = pdf.length;
pdf += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`
    + offsets.map((o) => `${String(o).padStart(10, '0')} 00000 n \n`).join('')
    + `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 7 0 R >>\n`
    + `startxref\n${xref}\n%%EOF\n`;
process.stdout.write(pdf);

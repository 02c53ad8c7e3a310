/* What can be said of a file before any of it is sent. */

const HEAD = 4096;          /* bytes that tell a text from what is none */
const MUSIC = /^\uFEFF?\s*<(\?xml|!--|!DOCTYPE\s+score|score|opus)/i;
const CONTROL = /[\0-\x08\x0E-\x1A\x1C-\x1F]/;
const TEXTUAL = ["%PDF", "ID3", "MThd", "RIFF", "OggS", "fLaC", "FLV"];


/* The word of the problem that the server would answer, or null. */
export async function refused(file) {
    if (file.size === 0) {
        return "file-empty";
    }

    return isText(new Uint8Array(await file.slice(0, HEAD).arrayBuffer()))
        ? "file-text" : null;
}


/* Is it a text that is no score? bytes: the first of the file */
export function isText(bytes) {
    let text;

    try {
        /* What ends within a letter was cut there, and is a text still. */
        text = new TextDecoder("utf-8", { fatal: true })
            .decode(bytes, { stream: true });
    } catch {
        return false;
    }

    return !CONTROL.test(text) && !MUSIC.test(text)
        && !TEXTUAL.some((mark) => text.startsWith(mark));
}

/* A mail's text, out of what stands in its file: RFC 5322, RFC 2045 to 2047. */

const decoder = new TextDecoder();


/* bytes -> {subject, from, to, date, language, text}; what a mail does not tell
   is empty. Of its HTML nothing is taken. */
export function readMessage(bytes) {
    const message = latin1(bytes).replaceAll("\r\n", "\n");
    const { headers, body } = part(message);

    return {
        subject: words(headers.subject), from: words(headers.from),
        to: words(headers.to), date: headers.date ?? "",
        language: headers["content-language"] ?? "",
        text: plain(headers, body),
    };
}


function part(text) {
    const end = text.indexOf("\n\n");
    const head = end === -1 ? text : text.slice(0, end);
    const headers = {};

    for (const line of head.replace(/\n[ \t]+/g, " ").split("\n")) {
        const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];

        if (name) {
            headers[name.toLowerCase()] = value;
        }
    }
    return { headers, body: end === -1 ? "" : text.slice(end + 2) };
}


/* The first part that is plain text. */
function plain(headers, body) {
    const [, boundary] = /boundary="?([^";]+)"?/
        .exec(headers["content-type"] ?? "") ?? [];

    if (!boundary) {
        return isHtml(headers) ? "" : decoded(headers, body);
    }
    return body.split(`--${boundary}`).slice(1, -1)
        .map((piece) => part(piece.replace(/^\n/, "")))
        .filter(({ headers: own }) => !isHtml(own))
        .map((one) => plain(one.headers, one.body))[0] ?? "";
}


function isHtml(headers) {
    return /^text\/html/i.test(headers["content-type"] ?? "");
}


function decoded(headers, body) {
    switch (headers["content-transfer-encoding"]?.toLowerCase()) {
    case "quoted-printable":
        return utf8(body.replace(/=\n/g, "").replace(/=([0-9A-F]{2})/gi,
            (whole, hex) => String.fromCharCode(Number.parseInt(hex, 16))));
    case "base64":
        return utf8(atob(body.replace(/\s/g, "")));
    default:
        return utf8(body);
    }
}


/* =?UTF-8?B?…?= */
function words(text = "") {
    return utf8(text.replace(/\?=\s+=\?/g, "?==?").replace(
        /=\?UTF-8\?B\?([^?]*)\?=/gi, (whole, base64) => atob(base64)));
}


function utf8(text) {
    return decoder.decode(Uint8Array.from(text, (c) => c.charCodeAt(0)));
}


/* A character for each byte, whatever it is: TextDecoder's latin1 is another
   one. */
function latin1(bytes) {
    let text = "";

    for (const byte of new Uint8Array(bytes)) {
        text += String.fromCharCode(byte);
    }
    return text;
}

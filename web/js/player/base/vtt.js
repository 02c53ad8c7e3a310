/* WebVTT that is read, not shown: cues as {start, end, text}. */

const TIMES = /^(?:(\d+):)?(\d\d):(\d\d\.\d{3})\s+-->\s+(?:(\d+):)?(\d\d):(\d\d\.\d{3})/;
const MOST = 10000;         /* cues */


export function cues(text) {
    const found = [];

    for (const block of text.replaceAll("\r\n", "\n").split(/\n{2,}/)) {
        const lines = block.split("\n");
        const at = lines.findIndex((line) => TIMES.test(line));

        if (at !== -1 && found.length < MOST) {
            const [, h1, m1, s1, h2, m2, s2] = TIMES.exec(lines[at]);

            found.push({ start: seconds(h1, m1, s1), end: seconds(h2, m2, s2),
                         text: lines.slice(at + 1).join("\n") });
        }
    }

    return found;
}


function seconds(hours = 0, minutes, rest) {
    return Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
}

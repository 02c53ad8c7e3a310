/* What a device called itself, in words: browsers name each other's names, so
   the order counts. */

const PROGRAMS = [
    [/\bEdg(?:e|A|iOS)?\//, "Edge"],
    [/\bOPR\//, "Opera"],
    [/\bSamsungBrowser\//, "Samsung Internet"],
    [/\b(?:Firefox|FxiOS)\//, "Firefox"],
    [/\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//, "Chrome"],
    [/\bVersion\/.*\bSafari\//, "Safari"],
];
const SYSTEMS = [
    [/\bWindows\b/, "Windows"],
    [/\biPhone\b/, "iPhone"],
    [/\biPad\b/, "iPad"],
    [/\bAndroid\b/, "Android"],
    [/\bCrOS\b/, "ChromeOS"],
    [/\bMac OS X\b|\bMacintosh\b/, "Mac"],
    [/\bLinux\b/, "Linux"],
];
const LONGEST = 40;         /* characters of a name that we do not know */


/* {program, system}, each a name or null, of a User-Agent (RFC 9110, 10.1.5);
   both null when it says nothing. */
export function device(agent) {
    const program = find(PROGRAMS, agent) ?? firstProduct(agent ?? "");

    return { program, system: find(SYSTEMS, agent) };
}


function find(names, agent) {
    return names.find(([match]) => match.test(agent ?? ""))?.[1] ?? null;
}


/* "okhttp/4.9" -> okhttp; "Mozilla" is what all of them say */
function firstProduct(agent) {
    const [, name] = /^([^\s/(]+)/.exec(agent.trim()) ?? [];

    return !name || name === "Mozilla" ? null : name.slice(0, LONGEST);
}

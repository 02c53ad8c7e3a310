/* The mails of a stack: each is read once. */

import { readdirSync, readFileSync, rmSync } from "node:fs";

import { until } from "./stack.mjs";


const words = (text) => text.replace(/\?=\s+=\?/g, "?==?").replace(
    /=\?UTF-8\?B\?([^?]*)\?=/g,
    (_, base64) => Buffer.from(base64, "base64").toString());

const quoted = (text) => Buffer.from(text.replace(/=\r\n/g, "").replace(
    /=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
"latin1").toString().replace(/\r\n/g, "\n");

/* {headers, subject, to, from, text, html, token}; RFC 5322, RFC 2046. */
export function parse(message) {
    const [head, ...rest] = message.split("\r\n\r\n");
    const headers = Object.fromEntries(head.replace(/\r\n[ \t]/g, " ")
        .split("\r\n").map((line) => /^([^:]+): ?(.*)$/.exec(line).slice(1))
        .map(([name, value]) => [name.toLowerCase(), words(value)]));
    const [, boundary] = /boundary="([^"]+)"/.exec(headers["content-type"]);
    const [text, html] = rest.join("\r\n\r\n").split(`--${boundary}`)
        .slice(1, -1).map((part) => quoted(part.split("\r\n\r\n").slice(1)
            .join("\r\n\r\n").slice(0, -2)));

    return { headers, subject: headers.subject, to: headers.to,
        from: headers.from, text, html, raw: message,
        token: /#(\S+)/.exec(text)?.[1] };
}

/* The files that wait for somebody, the oldest first. */
const waiting = (stack, to) => readdirSync(stack.path("mail"))
    .filter((name) => name.endsWith(`-${to}.eml`)).sort();

/* The next one to this address. */
export async function mailed(stack, to) {
    const [name] = await until(`a mail to ${to}`, () => {
        const names = waiting(stack, to);

        return names.length > 0 && names;
    });
    const file = stack.path(`mail/${name}`);
    const message = readFileSync(file, "latin1");

    rmSync(file);

    return parse(Buffer.from(message, "latin1").toString());
}

/* When all that was to be sent is: how many of them are to this address. */
export async function mails(stack, to) {
    await until("all mails are sent", async () => Number(await stack.sql(
        "select count(*) from sluice.jobs where kind = 'mail' "
        + "and state in ('queued', 'running', 'retrying')")) === 0);

    return waiting(stack, to).length;
}

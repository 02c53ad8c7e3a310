/* The mails of a stack that sends none: they lie in a folder, for admins. */

import { call } from "../lib/call.js";
import { Problem } from "../lib/http.js";
import { renew } from "../lib/session.js";

const FOLDER = "/mail/";


/* Does this server have that folder? Elsewhere the page itself answers. */
export async function hasMails(signal) {
    try {
        const answer = await fetch(FOLDER, { method: "HEAD", signal });

        return answer.ok && /^application\/json/.test(
            answer.headers.get("Content-Type") ?? "");
    } catch {
        return false;
    }
}


/* [{name, to, date}], the newest first; null where there is no such folder. */
export async function getMails(signal) {
    if (!await hasMails(signal)) {
        return null;
    }
    const files = await call("GET", FOLDER, { signal });

    /* "<time>-<address>.eml": worker/jobs/account/mail.c */
    return files.filter(({ name }) => name.endsWith(".eml"))
        .map(({ name, mtime }) => ({
            name, to: name.slice(name.indexOf("-") + 1, -".eml".length),
            date: mtime,
        }))
        .sort((one, other) => (one.name < other.name ? 1 : -1));
}


/* The bytes of one. */
export async function getMail(name, signal) {
    const ask = () => fetch(FOLDER + encodeURIComponent(name), { signal });
    let answer = await ask();

    if (answer.status === 401 && await renew()) {
        answer = await ask();
    }
    if (!answer.ok) {
        throw Problem.parse(answer.status, await answer.text(), null);
    }
    return answer.arrayBuffer();
}

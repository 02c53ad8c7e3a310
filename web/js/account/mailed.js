/*
 * The token of a mailed link. It stands behind #, and not for longer than it
 * takes to read it there: from then on it is here alone, until the page is
 * closed.
 */

import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { Problem } from "../lib/http.js";
import * as router from "../lib/router.js";

const PATHS = ["/verify", "/reset", "/invitation"];
const tokens = new Map();   /* path -> token */


/* The token that one came to this address with, or null. */
export function mailedToken() {
    const { hash, pathname, search } = location;

    if (PATHS.includes(pathname) && hash.length > 1) {
        tokens.set(pathname, hash.slice(1));
        router.rewrite(pathname + search);
    }
    return tokens.get(pathname) ?? null;
}


/* It has done what it was for. */
export function tokenUsed() {
    tokens.delete(location.pathname);
}


/* In front of everything: the address bar is read by others, too. */
export function hideToken() {
    mailedToken();
}


/* Does it say that this link is good for nothing? */
export function isOver(problem) {
    return problem.status === 404 || problem.status === 410
        || problem.status === 409;
}


export const noToken = () => new Problem(404, null, null);


/* Why, and where to go on: `ways` are links. */
export function linkOver(problem, ways) {
    const cut = problem.status === 404;

    return [
        h("h1", {}, () => t(cut ? "link.cut-title" : "link.ended-title")),
        h("p", {}, () => (cut ? t("link.cut") : problem.text())),
        h("p", { class: "ways" }, ways),
    ];
}

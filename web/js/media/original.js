/* The file that a media object came as, to download. One in an archive is on its
   way for hours: that is said, in place of a file that says so. */

import { local } from "../lib/call.js";
import { h, icon } from "../lib/dom.js";
import { t } from "../lib/language.js";
import * as notice from "../lib/notice.js";

const LATER = 202, TOO_MANY = 429;
const HOUR = 3600;              /* seconds */


/* A link. `primary`: it is what one comes for. */
export function originalLink(media, { primary = false } = {}) {
    const href = local(media.links.original);
    const name = media.filename ?? true;

    return h("a", { class: primary ? "button primary" : "button", href,
                    download: name, onclick: (event) => {
        event.preventDefault();
        fetchIt(href, name);
    } }, icon("download"), h("span", {}, () => t("item.original")));
}


async function fetchIt(href, name) {
    const answer = await fetch(href, { method: "HEAD", redirect: "manual" })
        .catch(() => null);

    if (answer?.status === LATER) {
        const hours = Number(answer.headers.get("Retry-After")) / HOUR;

        notice.tell(() => t("item.archived",
                            { count: Math.max(1, Math.ceil(hours)) }));
    } else if (answer?.status === TOO_MANY) {
        notice.tell(() => t("item.archived_many"));
    } else {
        h("a", { href, download: name }).click();
    }
}

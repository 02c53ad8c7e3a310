/* What would have been mailed, where nothing is: for whoever tries Sluice out.
 */

import { adminFrame } from "../account/admin.js";
import { getMail, getMails } from "../account/mails.js";
import { readMessage } from "../account/message.js";
import { outcome } from "../account/section.js";
import { h, icon, refresh } from "../lib/dom.js";
import { moment, t } from "../lib/language.js";

const MANY = 50;            /* are shown at once */


export function mailsView(params, { signal }) {
    const told = outcome();
    const place = h("div", { class: "panel" });

    told.attempt(async () => {
        const mails = await getMails(signal);

        place.replaceChildren(...mails ? [list(mails)]
            : [h("p", {}, () => t("mails.elsewhere"))]);
    });

    return {
        element: adminFrame("mails", () => t("mails.title"), signal,
                            h("p", {}, () => t("mails.lead")),
                            ...told.elements, place),
        title: () => `${t("mails.title")} – Sluice`,
    };
}


function list(mails) {
    const rows = h("ul", { class: "rows",
                           "aria-label": () => t("mails.title") });
    const more = h("button", { class: "button", type: "button",
                               onclick: () => add().focus() },
                   () => t("library.more"));
    const none = mails.length > 0 ? null
        : h("p", { class: "muted" }, () => t("mails.none"));

    /* Answers the first that is new. */
    function add() {
        const from = rows.children.length;
        const made = mails.slice(from, from + MANY).map(row);

        rows.append(...made);
        more.hidden = rows.children.length === mails.length;
        return made[0]?.querySelector("a");
    }

    add();
    return h("div", { class: "panel-body" }, rows, none, more);
}


function row({ name, to, date }) {
    return h("li", { class: "row" },
        h("a", { class: "row-name",
                 href: `/admin/mails/${encodeURIComponent(name)}` }, to),
        h("p", { class: "hint" }, () => moment(date)));
}


export function mailView({ name }, { signal, retitle }) {
    const told = outcome();
    let subject = () => t("mails.title");
    const title = h("span", {}, () => subject());
    const place = h("div", { class: "panel" },
                    h("p", { class: "muted" }, () => t("item.loading")));

    told.attempt(async () => {
        const mail = readMessage(await getMail(decodeURIComponent(name),
                                               signal));

        subject = () => mail.subject || t("mails.title");
        title.lang = mail.language;
        refresh(title);
        retitle(() => `${subject()} – Sluice`);
        place.replaceChildren(
            h("dl", { class: "facts" },
              fact("mails.from", mail.from), fact("mails.to", mail.to),
              fact("mails.date", () => (mail.date ? moment(mail.date) : ""))),
            h("div", { class: "mail-text", lang: mail.language },
              linked(mail.text)));
    });

    const element = adminFrame("mails", "", signal,
        h("p", {}, h("a", { class: "back", href: "/admin/mails" },
                     icon("back"), h("span", {}, () => t("mails.all")))),
        ...told.elements, place);

    element.querySelector("h1").replaceChildren(title);
    return { element, title: () => `${subject()} – Sluice` };
}


function fact(name, value) {
    return h("div", {}, h("dt", {}, () => t(name)), h("dd", {}, value));
}


/* Text as it is; what begins like a link can be followed. */
function linked(text) {
    return text.split(/(https?:\/\/[^\s<>"]+)/).map((piece, place) => (
        place % 2 === 1 ? h("a", { href: piece }, piece) : piece));
}

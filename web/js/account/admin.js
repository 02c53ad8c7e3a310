/* The frame of what admins do: where one is, and what else there is. */

import { h } from "../lib/dom.js";
import { homeLink } from "../lib/home.js";
import { t } from "../lib/language.js";
import { hasMails } from "./mails.js";

const PLACES = {
    accounts: "/admin/accounts", invitations: "/admin/invitations",
    audit: "/admin/audit", mails: "/admin/mails",
};


export function adminFrame(place, title, signal, ...children) {
    const link = (name) => h("li", {}, h("a", {
        href: PLACES[name],
        "aria-current": name === place ? "page" : null,
    }, () => t(`${name}.title`)));
    const mails = link("mails");

    mails.hidden = place !== "mails";
    hasMails(signal).then((has) => {
        mails.hidden = !has;
    });

    return h("section", { class: "account", "aria-labelledby": "admin-title" },
        homeLink(),
        h("nav", { class: "tabs", "aria-label": () => t("admin.label") },
          h("ul", {}, ["accounts", "invitations", "audit"].map(link), mails)),
        h("h1", { id: "admin-title" }, title), children);
}

/* The button that opens the menu of who is signed in. */

import { h } from "./dom.js";
import { current, t } from "./language.js";
import { currentUser } from "./session.js";


export function avatar() {
    const user = currentUser();
    const name = user.name || user.email || "?";

    return h("button", { class: "avatar", type: "button",
                         popovertarget: "account" },
        h("span", { class: "visually-hidden" },
          () => t("shell.account", { name })),
        h("span", { "aria-hidden": "true" }, initials(name)));
}


function initials(name) {
    const words = name.split("@")[0].split(/[\s._-]+/u).filter(Boolean);

    return words.slice(0, 2).map((word) => [...word][0]).join("")
        .toLocaleUpperCase(current());
}

/* What a mailed link tells before anything is done with it. */

import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { turn } from "./door.js";
import { isOver } from "./mailed.js";


/* Fills place with what found(answer) makes of what ask() tells; over(problem)
   says that the link is good for nothing. */
export async function readLink(place, ask, signal, found, over) {
    place.replaceChildren(h("h1", { class: "loading-note" },
                            () => t("item.loading")));
    try {
        turn(place, found(await ask()));
    } catch (problem) {
        if (signal.aborted) {
            return;
        }
        turn(place, isOver(problem) ? over(problem) : [
            h("h1", {}, () => t("problem.title")),
            h("p", {}, () => problem.text()),
            h("p", { class: "ways" },
              h("button", {
                  class: "button", type: "button",
                  onclick: () => readLink(place, ask, signal, found, over),
              }, () => t("problem.again"))),
        ]);
    }
}


/* Whose it is: to be seen, and for password managers. */
export function shownOwner(email) {
    return h("div", { class: "field" },
        h("label", { for: "owner" }, () => t("sign-in.email")),
        h("input", { id: "owner", type: "email", name: "username",
                     autocomplete: "username", readonly: true, value: email }));
}

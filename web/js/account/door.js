/* What stands in front of the house: where one signs in, and what leads there.
 */

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { languageSwitch } from "../lib/language_switch.js";
import * as router from "../lib/router.js";
import * as session from "../lib/session.js";

const CLOSED = "sluice.closed";

let next = {};              /* what the sign-in view is to begin with */


/* The name of the house beside what is asked. */
export function door(...children) {
    return h("div", { class: "sign-in" },
        h("div", { class: "sign-in-brand" },
          h("img", { src: "/icon.svg", alt: "", width: 44, height: 44 }),
          h("p", { class: "wordmark" }, "Sluice"),
          h("p", { class: "lead" }, () => t("sign-in.lead")),
          h("div", { class: "sign-in-kinds" },
            icon("film"), icon("audio"), icon("score"))),
        h("div", { class: "sign-in-panel" }, children, languageSwitch()));
}


/* What took the place of something else: it is read from its heading on. */
export function turn(place, ...children) {
    const heading = () => place.querySelector("h1, h2, h3");

    place.replaceChildren(...children.flat().filter(Boolean));
    heading()?.setAttribute("tabindex", "-1");
    heading()?.focus();
}


/* To the sign-in, with the address filled in and a note; both may be null. Who
   is signed in goes out before. */
export async function toSignIn(email, note) {
    next = { email, note };
    if (session.currentUser()) {
        await session.signOut();
    } else {
        router.navigate("/", { replace: true });
    }
}


/* {email, note} for the sign-in view; once. */
export function handedOver() {
    const now = next;

    next = {};
    return now;
}


/* The same for whose sessions have all ended by what he did. */
export function backAtSignIn(email, note) {
    next = { email, note };
    session.leave();
}


/* The server has said so; it may change its mind once the tab is closed. */
export function nobodySignsUp() {
    sessionStorage.setItem(CLOSED, "true");
}


export function signsNobodyUp() {
    return sessionStorage.getItem(CLOSED) !== null;
}

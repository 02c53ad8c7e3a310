/* Behind the link that confirms an address. */

import { getMe, verify } from "../account/api.js";
import { door, toSignIn, turn } from "../account/door.js";
import { form } from "../account/form.js";
import { isOver, linkOver, mailedToken, noToken, tokenUsed }
    from "../account/mailed.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import * as session from "../lib/session.js";


export function verifyView() {
    const token = mailedToken();
    const place = h("div", { class: "sign-in-place" });
    const { element } = form({
        id: "verify",
        fields: [],
        submit: () => t("verify.submit"),
        send: () => verify(token),
        done: ({ email }) => {
            tokenUsed();
            return confirmed(place, email);
        },
        refused: (problem) => isOver(problem) && show(over(problem)),
        children: [h("h1", {}, () => t("verify.title")),
                   h("p", {}, () => t("verify.lead"))],
    });

    function show(...children) {
        turn(place, ...children);
        return true;
    }

    place.append(...(token ? [element] : over(noToken())));
    return {
        element: door(place),
        title: () => `${t("verify.title")} – Sluice`,
    };
}


function over(problem) {
    return linkOver(problem, [
        h("a", { class: "link", href: "/" }, () => t("sign-in.title")),
        session.currentUser() ? null
            : h("a", { class: "link", href: "/sign-up" },
                () => t("sign-up.again")),
    ].filter(Boolean));
}


/* Whose it is now: one's own new address, or that of an account in which one is
   not. */
async function confirmed(place, email) {
    const now = session.currentUser() && await getMe();

    if (!now) {
        await toSignIn(email, () => t("verify.done"));
        return;
    }

    session.update({ email: now.email });
    turn(place,
         h("h1", {}, () => t("verify.done-title")),
         now.email === email
             ? h("p", {}, () => t("verify.changed", { email }))
             : h("p", {}, () => t("verify.other", { email })),
         now.email === email
             ? h("p", { class: "ways" },
                 h("a", { class: "button primary", href: "/account" },
                   () => t("account.title")))
             : h("p", { class: "ways" },
                 h("button", {
                     class: "button primary", type: "button",
                     onclick: () => toSignIn(email, () => t("verify.done")),
                 }, () => t("verify.sign-in"))));
}

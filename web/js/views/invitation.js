/* Behind the link of an invitation. */

import { accept, getInvitation } from "../account/api.js";
import { door, toSignIn, turn } from "../account/door.js";
import { field, form, newPasswordField } from "../account/form.js";
import { isOver, linkOver, mailedToken, noToken, tokenUsed }
    from "../account/mailed.js";
import { readLink, shownOwner } from "../account/linked.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import * as router from "../lib/router.js";
import * as session from "../lib/session.js";


export function invitationView(params, { signal, entered }) {
    const token = mailedToken();
    const place = h("div", { class: "sign-in-place" });

    if (token) {
        readLink(place, () => getInvitation(token, signal), signal,
                 (found) => acceptForm(place, token, found, entered), over);
    } else {
        place.append(...over(noToken()));
    }

    return {
        element: door(place),
        title: () => `${t("invitation.title")} – Sluice`,
    };
}


function acceptForm(place, token, invited, entered) {
    const { email, role } = invited;
    const name = field("name", {
        name: "name", required: false, maxlength: 200, autocomplete: "name",
        dir: "auto", label: () => t("form.name-optional"),
        value: invited.name ?? "",
    });
    let chosen;
    const { element } = form({
        id: "invitation",
        fields: [newPasswordField("password"), name],
        submit: () => t("invitation.submit"),
        send: (values) => {
            chosen = values.password;
            return accept(token, values);
        },
        done: () => {
            tokenUsed();
            return signInto(email, chosen, entered);
        },
        refused: (problem) => {
            if (isOver(problem)) {
                turn(place, over(problem));
            }
            return isOver(problem);
        },
        children: [
            h("h1", {}, () => t("invitation.title")),
            h("p", {}, () => t("invitation.lead", {
                role: t(`role.${role}`) })),
            shownOwner(email),
        ],
    });

    return [element];
}


/* The account is made by now: whatever hinders, one can sign in. */
async function signInto(email, password, entered) {
    try {
        if (session.currentUser()) {
            await session.signOut();
        }
        await session.signIn(email, password, false);
        router.rewrite("/");
        entered();
    } catch {
        await toSignIn(email, () => t("invitation.done"));
    }
}


function over(problem) {
    return linkOver(problem, [
        h("span", {}, () => t("invitation.again")),
        h("a", { class: "link", href: "/" }, () => t("sign-in.title")),
    ]);
}

/* A forgotten password: asked for without a mailed link, set anew with one. */

import { askReset, getReset, reset } from "../account/api.js";
import { door, toSignIn, turn } from "../account/door.js";
import { emailField, form, newPasswordField } from "../account/form.js";
import { isOver, linkOver, mailedToken, tokenUsed } from "../account/mailed.js";
import { readLink, shownOwner } from "../account/linked.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { currentUser } from "../lib/session.js";


export function resetView(params, { signal }) {
    const token = mailedToken();
    const place = h("div", { class: "sign-in-place" });
    let focus = null;

    if (token) {
        readLink(place, () => getReset(token, signal), signal,
                 (found) => setForm(place, token, found), over);
    } else {
        focus = askForm(place);
    }

    return {
        element: door(place),
        title: () => `${t("reset.title")} – Sluice`,
        focus,
    };
}


/* Answers the field to begin with. */
function askForm(place) {
    const email = emailField("email", { autocomplete: "email" });

    email.input.value = currentUser()?.email ?? "";
    const { element } = form({
        id: "reset-ask",
        fields: [email],
        submit: () => t("reset.ask"),
        send: askReset,
        done: (answer) => turn(place, sent(place, answer.email)),
        children: [h("h1", {}, () => t("reset.title")),
                   h("p", {}, () => t("reset.lead"))],
    });

    place.replaceChildren(element, h("p", { class: "ways" }, signInLink()));
    return email.input;
}


/* The same for addresses that nobody has. */
function sent(place, email) {
    return [
        h("h1", {}, () => t("sign-up.sent-title")),
        h("p", {}, () => t("reset.sent", { email })),
        h("p", { class: "hint" }, () => t("mail.not-come")),
        h("p", { class: "ways" },
          h("button", { class: "link", type: "button",
                        onclick: () => askForm(place).focus() },
            () => t("mail.other")),
          signInLink()),
    ];
}


function setForm(place, token, { email }) {
    const password = newPasswordField("password", {
        label: () => t("form.new-password"),
    });
    const { element } = form({
        id: "reset",
        fields: [password],
        submit: () => t("reset.submit"),
        send: (values) => reset(token, values),
        done: () => {
            tokenUsed();
            return toSignIn(email, () => t("reset.done"));
        },
        refused: (problem) => {
            if (isOver(problem)) {
                turn(place, over(problem));
            }
            return isOver(problem);
        },
        children: [h("h1", {}, () => t("reset.title")),
                   h("p", {}, () => t("reset.set-lead")), shownOwner(email)],
    });

    return [element];
}


function over(problem) {
    return linkOver(problem, [
        h("a", { class: "link", href: "/reset", onclick: tokenUsed },
          () => t("reset.again")),
        signInLink(),
    ]);
}


function signInLink() {
    return h("a", { class: "link", href: "/" }, () => t("sign-in.title"));
}

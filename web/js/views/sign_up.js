/* Asking for an account: a mail makes it. */

import { signUp } from "../account/api.js";
import { door, nobodySignsUp, turn } from "../account/door.js";
import { emailField, field, form, newPasswordField } from "../account/form.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";


export function signUpView() {
    const place = h("div", { class: "sign-in-place" });
    const email = emailField("email");
    const { element } = form({
        id: "sign-up",
        fields: [
            email,
            newPasswordField("password"),
            field("name", { name: "name", required: false, maxlength: 200,
                            autocomplete: "name", dir: "auto",
                            label: () => t("form.name-optional") }),
        ],
        submit: () => t("sign-up.submit"),
        send: signUp,
        done: (answer) => turn(place, sent(answer.email)),
        refused,
        children: [h("h1", {}, () => t("sign-up.title"))],
    });

    /* The same for whoever has an account already. */
    function sent(address) {
        return [
            h("h1", {}, () => t("sign-up.sent-title")),
            h("p", {}, () => t("sign-up.sent", { email: address })),
            h("p", { class: "hint" }, () => t("mail.not-come")),
            h("p", { class: "ways" },
              h("button", { class: "link", type: "button", onclick: () => {
                  turn(place, element, back());
                  email.input.focus();
              } }, () => t("mail.other")),
              signInLink()),
        ];
    }

    function refused(problem) {
        if (problem.word !== "registration-closed") {
            return false;
        }
        nobodySignsUp();
        turn(place,
             h("h1", {}, () => t("sign-up.closed-title")),
             h("p", {}, () => problem.text()),
             h("p", {}, () => t("sign-up.closed")),
             h("p", { class: "ways" }, signInLink()));
        return true;
    }

    const back = () => h("p", { class: "ways" },
        h("span", {}, () => t("sign-up.have")), signInLink());

    place.append(element, back());
    return {
        element: door(place),
        title: () => `${t("sign-up.title")} – Sluice`,
        focus: email.input,
    };
}


function signInLink() {
    return h("a", { class: "link", href: "/" }, () => t("sign-in.title"));
}

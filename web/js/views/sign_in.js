/* Email, password, and in; with a code where the account has a second factor.
 */

import { challengeForm } from "../account/challenge.js";
import { door, handedOver, signsNobodyUp } from "../account/door.js";
import { passwordField } from "../account/form.js";
import { h, refresh } from "../lib/dom.js";
import { t } from "../lib/language.js";
import * as session from "../lib/session.js";

let ended = false;          /* did the session end by itself? */

session.onEnded(() => {
    ended = true;
});


export function signInView(params, { entered }) {
    const handed = handedOver();
    let note = handed.note ?? (ended ? () => t("sign-in.ended") : null);
    let problem = null;
    let busy = false;

    const email = h("input", {
        id: "email", type: "email", name: "email", required: true,
        autocomplete: "username", autocapitalize: "none", spellcheck: "false",
        "aria-describedby": "sign-in-note sign-in-problem", value: handed.email ?? "",
    });
    const secret = passwordField("password", {
        "aria-describedby": "sign-in-note sign-in-problem",
    });
    const password = secret.input;
    const stay = h("input", { id: "stay", type: "checkbox", name: "stay" });
    const alert = h("p", { class: "form-problem", id: "sign-in-problem",
                           role: "alert" },
                    () => (problem ? problem() : ""));
    const place = h("div", { class: "sign-in-place" });

    const form = h("form", { class: "account-form", novalidate: true,
                             "aria-busy": () => String(busy),
                             onsubmit: submit },
        h("h1", {}, () => t("sign-in.title")),
        h("p", { class: "form-note", id: "sign-in-note", hidden: () => note === null },
          () => (note ? note() : "")),
        h("div", { class: "field" },
          h("label", { for: "email" }, () => t("sign-in.email")), email),
        secret.element,
        h("div", { class: "check" }, stay,
          h("label", { for: "stay" }, () => t("sign-in.keep"))),
        alert,
        h("button", { class: "button primary wide", type: "submit",
                      "aria-disabled": () => String(busy) },
          () => t(busy ? "sign-in.busy" : "sign-in.submit")));
    const ways = h("p", { class: "ways" },
        h("a", { class: "link", href: "/reset" }, () => t("sign-in.forgotten")),
        signsNobodyUp() ? null
            : h("a", { class: "link", href: "/sign-up" },
                () => t("sign-up.title")));

    async function submit(event) {
        event.preventDefault();
        if (busy) {
            return;
        }

        busy = email.value !== "" && password.value !== "";
        problem = busy ? null : () => t("sign-in.empty");
        refresh(form);
        if (!busy) {
            (email.value === "" ? email : password).focus();
            return;
        }

        try {
            const challenge = await session.signIn(
                email.value.trim(), password.value, stay.checked);

            if (challenge) {
                challengeForm(place, challenge, { done, over: anew });
            } else {
                done();
            }
        } catch (error) {
            problem = () => error.text();
            password.focus();
            password.select();
        } finally {
            busy = false;
            refresh(form);
        }
    }

    function done() {
        ended = false;
        entered();
    }

    /* The first step again, and why. */
    function anew(why) {
        note = why;
        problem = null;
        password.value = "";
        refresh(form);
        place.replaceChildren(form, ways);
        password.focus();
    }

    place.append(form, ways);
    return {
        element: door(place),
        title: () => `${t("sign-in.title")} – Sluice`,
        focus: handed.email ? password : email,
    };
}

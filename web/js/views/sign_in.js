/* Email, password, and in. */

import { h, icon, refresh } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { languageSwitch } from "../lib/language_switch.js";
import * as session from "../lib/session.js";

let ended = false;          /* did the session end by itself? */

session.onEnded(() => {
    ended = true;
});


export function signInView(params, { entered }) {
    let problem = null;
    let busy = false;
    let shown = false;

    const email = h("input", {
        id: "email", type: "email", name: "email", required: true,
        autocomplete: "username", autocapitalize: "none", spellcheck: "false",
        "aria-describedby": "sign-in-problem",
    });
    const password = h("input", {
        id: "password", type: () => (shown ? "text" : "password"),
        name: "password", required: true, autocomplete: "current-password",
        "aria-describedby": "sign-in-problem",
    });
    const stay = h("input", { id: "stay", type: "checkbox", name: "stay" });
    const alert = h("p", { class: "form-problem", id: "sign-in-problem",
                           role: "alert" },
                    () => (problem ? problem() : ""));

    const form = h("form", { class: "sign-in-form", novalidate: true,
                             "aria-busy": () => String(busy),
                             onsubmit: submit },
        h("h1", {}, () => t("sign-in.title")),
        ended ? h("p", { class: "form-note" }, () => t("sign-in.ended")) : null,
        h("div", { class: "field" },
          h("label", { for: "email" }, () => t("sign-in.email")), email),
        h("div", { class: "field" },
          h("label", { for: "password" }, () => t("sign-in.password")),
          h("div", { class: "password" }, password,
            h("button", {
                type: "button", class: "link",
                "aria-pressed": () => String(shown),
                "aria-controls": "password",
                onclick: () => {
                    shown = !shown;
                    refresh(form);
                },
            }, () => t(shown ? "sign-in.hide" : "sign-in.show")))),
        h("div", { class: "check" }, stay,
          h("label", { for: "stay" }, () => t("sign-in.keep"))),
        alert,
        h("button", { class: "button primary wide", type: "submit",
                      "aria-disabled": () => String(busy) },
          () => t(busy ? "sign-in.busy" : "sign-in.submit")));

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
            await session.signIn(email.value.trim(), password.value,
                                 stay.checked);
            ended = false;
            entered();
        } catch (error) {
            busy = false;
            problem = () => error.text();
            refresh(form);
            password.focus();
            password.select();
        }
    }

    return {
        element: h("div", { class: "sign-in" },
            h("div", { class: "sign-in-brand" },
              h("img", { src: "/icon.svg", alt: "", width: 44, height: 44 }),
              h("p", { class: "wordmark" }, "Sluice"),
              h("p", { class: "lead" }, () => t("sign-in.lead")),
              h("div", { class: "sign-in-kinds" },
                icon("film"), icon("audio"), icon("score"))),
            h("div", { class: "sign-in-panel" }, form, languageSwitch())),
        title: () => `${t("sign-in.title")} – Sluice`,
        focus: email,
    };
}

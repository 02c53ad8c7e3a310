/* Showing again who one is: password, and a code where there is a second
   factor. */

import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { currentUser, shown } from "../lib/session.js";
import { authenticate, getMe } from "./api.js";
import { codeField, form, GIVEN_UP, owner, passwordField, recoveryField }
    from "./form.js";


/*
 * Does what only he may do who has shown lately who he is: asks for that where
 * it is too long ago, and does it then. {answer}, or null: he would not.
 */
export async function proven(action) {
    try {
        return { answer: await action() };
    } catch (problem) {
        if (problem.word !== "authentication-too-old") {
            throw problem;
        }
    }
    return await ask(await getMe()) ? { answer: await action() } : null;
}


/* The same for a form to send. */
export function provenly(send) {
    return async (values) => {
        const done = await proven(() => send(values));

        return done ? done.answer : GIVEN_UP;
    };
}


function ask(me) {
    const dialog = h("dialog", { class: "dialog",
                                 "aria-labelledby": "proof-title" });

    dialog.append(
        h("h2", { id: "proof-title" }, () => t("proof.title")),
        h("p", {}, () => t("proof.lead")),
        proofForm(me, () => dialog.close("shown"),
                  h("button", { class: "button", type: "button",
                                onclick: () => dialog.close("") },
                    () => t("edit.cancel"))));
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("input:not([hidden])").focus();

    return new Promise((resolve) => {
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(dialog.returnValue === "shown");
        });
    });
}


/* done() when it is certain who he is. */
export function proofForm(me, done, ...beside) {
    const place = h("div", { class: "proof" });

    function show(way) {
        const factor = me.second_factor.totp;
        const code = way === "code" ? codeField("proof-code")
            : recoveryField("proof-recovery");
        const made = form({
            id: "proof",
            fields: [passwordField("proof-password"),
                     ...factor ? [code] : []],
            submit: () => t("proof.submit"),
            send: authenticate,
            done: (answer) => {
                shown(answer);
                done();
            },
            children: [owner(currentUser().email)],
        });
        const other = way === "code" ? "recovery_code" : "code";

        made.element.append(...beside);
        place.replaceChildren(made.element, factor
            ? h("button", { class: "link", type: "button",
                            onclick: () => show(other).focus() },
                () => t(`challenge.to-${other}`)) : "");
        return place.querySelector("input:not([hidden])");
    }

    show("code");
    return place;
}

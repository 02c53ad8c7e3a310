/* A sign-in goes on: six digits, or a code on paper. */

import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import * as session from "../lib/session.js";
import { turn } from "./door.js";
import { codeField, form, recoveryField } from "./form.js";


/* place is filled. done() once one is in; over() when it must begin anew. */
export function challengeForm(place, challenge, { done, over }) {
    const ways = { code: "recovery_code", recovery_code: "code" };

    function show(way) {
        const input = way === "code" ? codeField("code")
            : recoveryField("recovery-code");
        const { element, complain } = form({
            id: "challenge",
            fields: [input],
            submit: () => t("sign-in.submit"),
            send: (proof) => session.answerChallenge(challenge, proof),
            done,
            refused: (problem) => refused(problem, input, complain),
            children: [
                h("h1", {}, () => t("challenge.title")),
                h("p", {}, () => t(`challenge.lead-${way}`)),
            ],
        });

        turn(place, element, h("div", { class: "ways" },
            h("button", { class: "link", type: "button",
                          onclick: () => show(ways[way]) },
              () => t(`challenge.to-${ways[way]}`)),
            h("button", { class: "link", type: "button",
                          onclick: () => over(null) },
              () => t("challenge.again")),
            way === "code" ? null
                : h("p", { class: "hint" }, () => t("challenge.lost"))));
        input.input.focus();

        function refused(problem, { input: typed, complain: wrong }, say) {
            if (problem.word === "challenge-invalid") {
                over(() => t("challenge.over"));
            } else if (problem.word === "code-wrong") {
                wrong(() => problem.text());
                typed.focus();
                typed.select();
            } else if (problem.word === "too-many") {
                say(() => `${problem.text()} ${t(`challenge.open-${way}`)}`);
            } else {
                return false;
            }
            return true;
        }
    }

    show("code");
}

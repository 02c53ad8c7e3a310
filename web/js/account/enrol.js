/* An authenticator is set up: its secret goes to an app, a code comes back. */

import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { shown } from "../lib/session.js";
import { beginTotp, confirmTotp } from "./api.js";
import { recoveryCodes } from "./codes.js";
import { copyButton } from "./copy.js";
import { turn } from "./door.js";
import { codeField, form } from "./form.js";
import { proven } from "./proof.js";


/* Fills place; done() at the end of all, cancel() when one would not, anew()
   when it took too long. */
export async function enrol(place, { done, cancel, anew }) {
    const begun = await proven(beginTotp);

    if (begun === null) {
        cancel?.();
        return;
    }

    const code = codeField("totp-code");
    const again = h("button", { class: "button", type: "button", hidden: true,
                                onclick: anew }, () => t("challenge.again"));
    const { element, complain } = form({
        id: "totp",
        fields: [code],
        submit: () => t("totp.confirm"),
        send: confirmTotp,
        done: (answer) => {
            shown(answer);
            turn(place, recoveryCodes(answer.recovery_codes, done));
        },
        refused: (problem) => {
            const late = problem.status === 409;

            if (late) {
                complain(() => t("totp.over"));
                again.hidden = false;
            }
            return late;
        },
    });

    turn(place,
         h("h2", {}, () => t("totp.scan-title")),
         h("p", {}, () => t("totp.scan")),
         picture(begun.answer.qr),
         secret(begun.answer),
         element, again,
         cancel ? h("button", { class: "link", type: "button",
                                onclick: cancel }, () => t("edit.cancel"))
             : null);
}


function picture(svg) {
    return h("img", {
        class: "qr", alt: () => t("totp.qr"), width: 220, height: 220,
        src: `data:image/svg+xml,${encodeURIComponent(svg)}`,
    });
}


/* For whom a camera is of no use. */
function secret({ secret: text, uri }) {
    return h("div", { class: "secret" },
        h("p", {}, () => t("totp.type")),
        h("code", {}, text.match(/.{1,4}/g).join(" ")),
        h("div", { class: "actions" },
          copyButton(() => text, () => t("totp.copy")),
          h("a", { class: "button", href: uri }, () => t("totp.open"))));
}

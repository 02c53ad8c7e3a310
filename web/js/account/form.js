/* Forms whose refusals stand at the field that they are about. */

import { h, refresh } from "../lib/dom.js";
import { t } from "../lib/language.js";

const SHORTEST = 8;         /* characters of a password */

export const ROLES = ["viewer", "editor", "admin"];

/* What a form's send() answers when it was not sent after all. */
export const GIVEN_UP = Symbol("given up");


/*
 * One field: {element, input, name, value(), check(), complain(words)}. label
 * and hint are functions; check(value) answers words against it, or null.
 */
export function field(id, { name, label, hint, check, ...attributes }) {
    const required = attributes.required ?? true;
    const said = problemOf(id);
    const input = h("input", {
        id, name, type: "text", required,
        "aria-describedby": `${hint ? `${id}-hint ` : ""}${id}-problem`,
        "aria-invalid": () => (said.wrong() ? "true" : false),
        ...attributes,
    });
    const value = () => input.value.trim();

    return {
        input, name, value,
        element: h("div", { class: "field" },
            h("label", { for: id }, label), input,
            hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null,
            said.element),
        check: () => (required && value() === "" ? () => t("form.missing")
            : check?.(value()) ?? null),
        complain: (words) => {
            said.put(words);
            refresh(input);
        },
    };
}


export function emailField(id, attributes = {}) {
    return field(id, {
        name: "email", type: "email", autocomplete: "username",
        autocapitalize: "none", spellcheck: "false",
        label: () => t("sign-in.email"),
        check: (value) => (/^[^\s@]+@[^\s@]+$/.test(value) ? null
            : () => t("form.email")),
        ...attributes,
    });
}


/* Can be looked at. Nothing is cut off from what was typed. */
export function passwordField(id, attributes = {}) {
    let shown = false;
    const made = field(id, {
        name: "password", type: () => (shown ? "text" : "password"),
        autocomplete: "current-password", label: () => t("sign-in.password"),
        ...attributes,
    });
    const toggle = h("button", {
        type: "button", class: "link", "aria-controls": id,
        "aria-pressed": () => String(shown),
        onclick: () => {
            shown = !shown;
            refresh(made.element);
        },
    }, () => t(shown ? "sign-in.hide" : "sign-in.show"));
    const box = h("div", { class: "password" });

    made.input.replaceWith(box);
    box.append(made.input, toggle);
    return { ...made, value: () => made.input.value };
}


export function newPasswordField(id, attributes = {}) {
    return passwordField(id, {
        autocomplete: "new-password", hint: () => t("password.hint"),
        check: (value) => ([...value].length < SHORTEST
            ? () => t("form.short") : null),
        ...attributes,
    });
}


/* The six digits of an authenticator; blanks between them do no harm. */
export function codeField(id, attributes = {}) {
    return field(id, {
        name: "code", autocomplete: "one-time-code", inputmode: "numeric",
        class: "code", label: () => t("challenge.code"),
        check: (value) => (/^(\s*\d){6}$/.test(value) ? null
            : () => t("form.digits")),
        ...attributes,
    });
}


export function recoveryField(id, attributes = {}) {
    return field(id, {
        name: "recovery_code", autocomplete: "off", autocapitalize: "none",
        spellcheck: "false", class: "code",
        label: () => t("challenge.recovery"), ...attributes,
    });
}


/* options: [value, words()]; the one that is `chosen` to begin with */
export function selectField(id, { name, label, options, chosen }) {
    const said = problemOf(id);
    const input = h("select", { id, name, "aria-describedby": `${id}-problem` },
        options.map(([value, words]) => h(
            "option", { value, selected: value === chosen }, words)));

    return {
        input, name, value: () => input.value,
        element: h("div", { class: "field" },
            h("label", { for: id }, label), input, said.element),
        check: () => null, complain: said.put,
    };
}


/* For password managers: whose password it is, where nobody has to see it. */
export function owner(email) {
    return h("input", { type: "email", name: "username", value: email ?? "",
                        autocomplete: "username", readonly: true,
                        hidden: true });
}


/*
 * fields: as above. send(values) does it, and what it answers goes to
 * done(answer), unless that is GIVEN_UP; refused(problem), if it is there,
 * answers whether it has told of that itself. children stand above the fields.
 * {element, complain(words), say(words)}
 */
export function form({ id, fields, submit, send, done, refused, children = [],
                       kind = "primary" })
{
    let busy = false;
    const alert = problemOf(id, { class: "form-problem", role: "alert" });
    const note = problemOf(`${id}-note`, { class: "form-note",
                                           role: "status" });
    const element = h("form", {
        class: "account-form", id, novalidate: true,
        "aria-busy": () => String(busy),
        onsubmit: (event) => {
            event.preventDefault();
            if (!busy) {
                go();
            }
        },
    }, children, fields.map((each) => each.element), alert.element,
    note.element, h("button", {
        class: `button ${kind}`, type: "submit",
        "aria-disabled": () => String(busy),
    }, () => (busy ? t("form.busy") : submit())));

    async function go() {
        const [wrong] = fields.map((each) => {
            each.complain(each.check());
            return each;
        }).filter((each) => each.check());

        alert.put(null);
        note.put(null);
        if (wrong) {
            wrong.input.focus();
            return;
        }

        setBusy(true);
        try {
            const answer = await send(Object.fromEntries(
                fields.map((each) => [each.name, each.value()])));
            setBusy(false);
            if (answer !== GIVEN_UP) {
                await done(answer);
            }
        } catch (problem) {
            setBusy(false);
            tell(problem);
        }
    }

    function tell(problem) {
        if (!problem.text) {
            throw problem;
        }
        if (refused?.(problem)) {
            return;
        }

        const about = fields.find(({ name }) => name === problem.field);

        if (about) {
            about.complain(() => problem.text());
            about.input.focus();
            about.input.select();
        } else {
            alert.put(() => problem.text());
        }
    }

    function setBusy(now) {
        busy = now;
        refresh(element);
    }

    return { element, complain: alert.put, say: note.put };
}


/* A line for what is wrong, empty while nothing is. */
function problemOf(id, attributes = { class: "field-problem" }) {
    let words = null;
    const element = h("p", { id: `${id}-problem`, ...attributes },
                      () => (words ? words() : ""));

    return {
        element,
        wrong: () => words !== null,
        put: (to) => {
            words = to;
            refresh(element);
        },
    };
}

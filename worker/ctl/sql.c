#include "sql.h"

/* The paths are relative to the top of the sources, where the build runs. */
#define SQL_EMBED(symbol, path)                   \
    extern const char symbol[];                   \
    __asm__(".pushsection .rodata\n"              \
            ".global " #symbol "\n" #symbol ":\n" \
            ".incbin \"" path "\"\n"              \
            ".byte 0\n"                           \
            ".popsection\n")

SQL_EMBED(sql_0001_initial, "sql/migrations/0001_initial.sql");
SQL_EMBED(sql_0002_revocations, "sql/migrations/0002_revocations.sql");
SQL_EMBED(sql_0003_foreign_users, "sql/migrations/0003_foreign_users.sql");
SQL_EMBED(sql_0004_jobs, "sql/migrations/0004_jobs.sql");
SQL_EMBED(sql_0005_uploads, "sql/migrations/0005_uploads.sql");
SQL_EMBED(sql_0006_scores, "sql/migrations/0006_scores.sql");
SQL_EMBED(sql_0007_housekeeping, "sql/migrations/0007_housekeeping.sql");
SQL_EMBED(sql_0008_plans, "sql/migrations/0008_plans.sql");
SQL_EMBED(sql_0009_metrics, "sql/migrations/0009_metrics.sql");
SQL_EMBED(sql_0010_links, "sql/migrations/0010_links.sql");
SQL_EMBED(sql_0011_uploads_held, "sql/migrations/0011_uploads_held.sql");
SQL_EMBED(sql_0012_turns, "sql/migrations/0012_turns.sql");
SQL_EMBED(sql_0013_catalogue, "sql/migrations/0013_catalogue.sql");
SQL_EMBED(sql_0014_edits, "sql/migrations/0014_edits.sql");
SQL_EMBED(sql_0015_answers, "sql/migrations/0015_answers.sql");
SQL_EMBED(sql_0016_upload_keys, "sql/migrations/0016_upload_keys.sql");
SQL_EMBED(sql_0017_bounds, "sql/migrations/0017_bounds.sql");
SQL_EMBED(sql_0018_sessions_of, "sql/migrations/0018_sessions_of.sql");
SQL_EMBED(sql_0019_sessions_user, "sql/migrations/0019_sessions_user.sql");
SQL_EMBED(sql_0020_uploads_done, "sql/migrations/0020_uploads_done.sql");
SQL_EMBED(sql_0021_audit_actor, "sql/migrations/0021_audit_actor.sql");
SQL_EMBED(sql_0022_refresh, "sql/migrations/0022_refresh.sql");
SQL_EMBED(sql_0023_profile, "sql/migrations/0023_profile.sql");
SQL_EMBED(sql_0024_mail, "sql/migrations/0024_mail.sql");
SQL_EMBED(sql_0025_users_key, "sql/migrations/0025_users_key.sql");
SQL_EMBED(sql_0026_factors, "sql/migrations/0026_factors.sql");
SQL_EMBED(sql_0027_keys, "sql/migrations/0027_keys.sql");
SQL_EMBED(sql_0028_administration, "sql/migrations/0028_administration.sql");
SQL_EMBED(sql_0029_lists, "sql/migrations/0029_lists.sql");
SQL_EMBED(sql_0030_rights, "sql/migrations/0030_rights.sql");
SQL_EMBED(sql_0031_passkeys, "sql/migrations/0031_passkeys.sql");
SQL_EMBED(sql_0032_exports, "sql/migrations/0032_exports.sql");
SQL_EMBED(sql_0033_renditions, "sql/migrations/0033_renditions.sql");
SQL_EMBED(sql_0034_fair_use, "sql/migrations/0034_fair_use.sql");
SQL_EMBED(sql_0035_films, "sql/migrations/0035_films.sql");
SQL_EMBED(sql_0036_downloads, "sql/migrations/0036_downloads.sql");
SQL_EMBED(sql_0037_jobs_left, "sql/migrations/0037_jobs_left.sql");
SQL_EMBED(sql_0038_verify, "sql/migrations/0038_verify.sql");
SQL_EMBED(sql_0039_parts, "sql/migrations/0039_parts.sql");
SQL_EMBED(sql_0040_whole_parts, "sql/migrations/0040_whole_parts.sql");
SQL_EMBED(sql_0041_abilities, "sql/migrations/0041_abilities.sql");
SQL_EMBED(sql_0042_places, "sql/migrations/0042_places.sql");
SQL_EMBED(sql_0043_trace, "sql/migrations/0043_trace.sql");
SQL_EMBED(sql_0044_restores, "sql/migrations/0044_restores.sql");
SQL_EMBED(sql_queue_params, "sql/queue/params.sql");
SQL_EMBED(sql_queue_jobs, "sql/queue/jobs.sql");
SQL_EMBED(sql_queue_renditions, "sql/queue/renditions.sql");
SQL_EMBED(sql_queue_trace, "sql/queue/trace.sql");
SQL_EMBED(sql_queue_turns, "sql/queue/turns.sql");
SQL_EMBED(sql_queue_mail, "sql/queue/mail.sql");
SQL_EMBED(sql_queue_films, "sql/queue/films.sql");
SQL_EMBED(sql_queue, "sql/queue/queue.sql");
SQL_EMBED(sql_queue_scheduler, "sql/queue/scheduler.sql");
SQL_EMBED(sql_api, "sql/api/api.sql");
SQL_EMBED(sql_api_once, "sql/api/once.sql");
SQL_EMBED(sql_api_revocations, "sql/api/revocations.sql");
SQL_EMBED(sql_api_codes, "sql/api/codes.sql");
SQL_EMBED(sql_api_sessions, "sql/api/sessions.sql");
SQL_EMBED(sql_api_passwords, "sql/api/passwords.sql");
SQL_EMBED(sql_api_passkey_sign_in, "sql/api/passkey_sign_in.sql");
SQL_EMBED(sql_api_tickets, "sql/api/tickets.sql");
SQL_EMBED(sql_api_keys, "sql/api/keys.sql");
SQL_EMBED(sql_api_users, "sql/api/users.sql");
SQL_EMBED(sql_api_sign_up, "sql/api/sign_up.sql");
SQL_EMBED(sql_api_resets, "sql/api/resets.sql");
SQL_EMBED(sql_api_accounts, "sql/api/accounts.sql");
SQL_EMBED(sql_api_factors, "sql/api/factors.sql");
SQL_EMBED(sql_api_passkeys, "sql/api/passkeys.sql");
SQL_EMBED(sql_api_administration, "sql/api/administration.sql");
SQL_EMBED(sql_api_audit, "sql/api/audit.sql");
SQL_EMBED(sql_api_links, "sql/api/links.sql");
SQL_EMBED(sql_api_jobs, "sql/api/jobs.sql");
SQL_EMBED(sql_api_plans, "sql/api/plans.sql");
SQL_EMBED(sql_api_texts, "sql/api/texts.sql");
SQL_EMBED(sql_api_fair_use, "sql/api/fair_use.sql");
SQL_EMBED(sql_api_scores, "sql/api/scores.sql");
SQL_EMBED(sql_api_films, "sql/api/films.sql");
SQL_EMBED(sql_api_uploads, "sql/api/uploads.sql");
SQL_EMBED(sql_api_parts, "sql/api/parts.sql");
SQL_EMBED(sql_api_ingest, "sql/api/ingest.sql");
SQL_EMBED(sql_api_media, "sql/api/media.sql");
SQL_EMBED(sql_api_downloads, "sql/api/downloads.sql");
SQL_EMBED(sql_api_restores, "sql/api/restores.sql");
SQL_EMBED(sql_api_exports, "sql/api/exports.sql");
SQL_EMBED(sql_api_metrics, "sql/api/metrics.sql");
SQL_EMBED(sql_api_replica, "sql/api/replica.sql");
SQL_EMBED(sql_before, "sql/house/before.sql");
SQL_EMBED(sql_housekeeping, "sql/house/housekeeping.sql");
SQL_EMBED(sql_house_exports, "sql/house/exports.sql");
SQL_EMBED(sql_house_downloads, "sql/house/downloads.sql");
SQL_EMBED(sql_house_cost, "sql/house/cost.sql");
SQL_EMBED(sql_rights, "sql/house/rights.sql");


/* No name may leave: databases know it, and db migrate refuses one that has
   names it does not know itself. */
const sql_file_t sql_files[] = {
    { "0001_initial.sql", SQL_ONCE, sql_0001_initial },
    { "0002_revocations.sql", SQL_ONCE, sql_0002_revocations },
    { "0003_foreign_users.sql", SQL_ONCE, sql_0003_foreign_users },
    { "0004_jobs.sql", SQL_ONCE, sql_0004_jobs },
    { "0005_uploads.sql", SQL_ONCE, sql_0005_uploads },
    { "0006_scores.sql", SQL_ONCE, sql_0006_scores },
    { "0007_housekeeping.sql", SQL_ONCE, sql_0007_housekeeping },
    { "0008_plans.sql", SQL_ONCE, sql_0008_plans },
    { "0009_metrics.sql", SQL_ONCE, sql_0009_metrics },
    { "0010_links.sql", SQL_ONCE, sql_0010_links },
    { "0011_uploads_held.sql", SQL_ONCE, sql_0011_uploads_held },
    { "0012_turns.sql", SQL_ONCE, sql_0012_turns },
    { "0013_catalogue.sql", SQL_ONCE, sql_0013_catalogue },
    { "0014_edits.sql", SQL_ONCE, sql_0014_edits },
    { "0015_answers.sql", SQL_ONCE, sql_0015_answers },
    { "0016_upload_keys.sql", SQL_CONCURRENT, sql_0016_upload_keys },
    { "0017_bounds.sql", SQL_ONCE, sql_0017_bounds },
    { "0018_sessions_of.sql", SQL_CONCURRENT, sql_0018_sessions_of },
    { "0019_sessions_user.sql", SQL_CONCURRENT, sql_0019_sessions_user },
    { "0020_uploads_done.sql", SQL_CONCURRENT, sql_0020_uploads_done },
    { "0021_audit_actor.sql", SQL_CONCURRENT, sql_0021_audit_actor },
    { "0022_refresh.sql", SQL_ONCE, sql_0022_refresh },
    { "0023_profile.sql", SQL_ONCE, sql_0023_profile },
    { "0024_mail.sql", SQL_ONCE, sql_0024_mail },
    { "0025_users_key.sql", SQL_CONCURRENT, sql_0025_users_key },
    { "0026_factors.sql", SQL_ONCE, sql_0026_factors },
    { "0027_keys.sql", SQL_ONCE, sql_0027_keys },
    { "0028_administration.sql", SQL_ONCE, sql_0028_administration },
    { "0029_lists.sql", SQL_CONCURRENT, sql_0029_lists },
    { "0030_rights.sql", SQL_ONCE, sql_0030_rights },
    { "0031_passkeys.sql", SQL_ONCE, sql_0031_passkeys },
    { "0032_exports.sql", SQL_ONCE, sql_0032_exports },
    { "0033_renditions.sql", SQL_ONCE, sql_0033_renditions },
    { "0034_fair_use.sql", SQL_ONCE, sql_0034_fair_use },
    { "0035_films.sql", SQL_ONCE, sql_0035_films },
    { "0036_downloads.sql", SQL_ONCE, sql_0036_downloads },
    { "0037_jobs_left.sql", SQL_CONCURRENT, sql_0037_jobs_left },
    { "0038_verify.sql", SQL_ONCE, sql_0038_verify },
    { "0039_parts.sql", SQL_ONCE, sql_0039_parts },
    { "0040_whole_parts.sql", SQL_ONCE, sql_0040_whole_parts },
    { "0041_abilities.sql", SQL_CONCURRENT, sql_0041_abilities },
    { "0042_places.sql", SQL_ONCE, sql_0042_places },
    { "0043_trace.sql", SQL_ONCE, sql_0043_trace },
    { "0044_restores.sql", SQL_ONCE, sql_0044_restores },
    { "queue_params.sql", SQL_REPEATABLE, sql_queue_params },
    { "queue_jobs.sql", SQL_REPEATABLE, sql_queue_jobs },
    { "queue_renditions.sql", SQL_REPEATABLE, sql_queue_renditions },
    { "queue_trace.sql", SQL_REPEATABLE, sql_queue_trace },
    { "queue_turns.sql", SQL_REPEATABLE, sql_queue_turns },
    { "queue_mail.sql", SQL_REPEATABLE, sql_queue_mail },
    { "queue_films.sql", SQL_REPEATABLE, sql_queue_films },
    { "queue.sql", SQL_REPEATABLE, sql_queue },
    { "queue_scheduler.sql", SQL_REPEATABLE, sql_queue_scheduler },
    { "api.sql", SQL_REPEATABLE, sql_api },
    { "api_once.sql", SQL_REPEATABLE, sql_api_once },
    { "api_revocations.sql", SQL_REPEATABLE, sql_api_revocations },
    { "api_codes.sql", SQL_REPEATABLE, sql_api_codes },
    { "api_sessions.sql", SQL_REPEATABLE, sql_api_sessions },
    { "api_passwords.sql", SQL_REPEATABLE, sql_api_passwords },
    { "api_passkey_sign_in.sql", SQL_REPEATABLE, sql_api_passkey_sign_in },
    { "api_tickets.sql", SQL_REPEATABLE, sql_api_tickets },
    { "api_keys.sql", SQL_REPEATABLE, sql_api_keys },
    { "api_users.sql", SQL_REPEATABLE, sql_api_users },
    { "api_sign_up.sql", SQL_REPEATABLE, sql_api_sign_up },
    { "api_resets.sql", SQL_REPEATABLE, sql_api_resets },
    { "api_accounts.sql", SQL_REPEATABLE, sql_api_accounts },
    { "api_factors.sql", SQL_REPEATABLE, sql_api_factors },
    { "api_passkeys.sql", SQL_REPEATABLE, sql_api_passkeys },
    { "api_administration.sql", SQL_REPEATABLE, sql_api_administration },
    { "api_audit.sql", SQL_REPEATABLE, sql_api_audit },
    { "api_links.sql", SQL_REPEATABLE, sql_api_links },
    { "api_jobs.sql", SQL_REPEATABLE, sql_api_jobs },
    { "api_plans.sql", SQL_REPEATABLE, sql_api_plans },
    { "api_texts.sql", SQL_REPEATABLE, sql_api_texts },
    { "api_fair_use.sql", SQL_REPEATABLE, sql_api_fair_use },
    { "api_scores.sql", SQL_REPEATABLE, sql_api_scores },
    { "api_films.sql", SQL_REPEATABLE, sql_api_films },
    { "api_uploads.sql", SQL_REPEATABLE, sql_api_uploads },
    { "api_parts.sql", SQL_REPEATABLE, sql_api_parts },
    { "api_ingest.sql", SQL_REPEATABLE, sql_api_ingest },
    { "api_media.sql", SQL_REPEATABLE, sql_api_media },
    { "api_downloads.sql", SQL_REPEATABLE, sql_api_downloads },
    { "api_restores.sql", SQL_REPEATABLE, sql_api_restores },
    { "api_exports.sql", SQL_REPEATABLE, sql_api_exports },
    { "api_metrics.sql", SQL_REPEATABLE, sql_api_metrics },
    { "api_replica.sql", SQL_REPEATABLE, sql_api_replica },
    { "before.sql", SQL_REPEATABLE, sql_before },
    { "housekeeping.sql", SQL_REPEATABLE, sql_housekeeping },
    { "house_exports.sql", SQL_REPEATABLE, sql_house_exports },
    { "house_downloads.sql", SQL_REPEATABLE, sql_house_downloads },
    { "house_cost.sql", SQL_REPEATABLE, sql_house_cost },
    { "house_rights.sql", SQL_REPEATABLE, sql_rights },
    { 0, 0, 0 }
};

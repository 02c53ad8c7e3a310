/* Keys and tokens of another implementation: jose, on Node. Their private
   halves were not kept. The claims are {"exp":4102444800,"path":"/a"}, the
   header is {"alg":...,"typ":"JWT","kid":"f"}. */

#ifndef TEST_FOREIGN_H
#define TEST_FOREIGN_H

#define FOREIGN_N                                                              \
    "nMLRrv7B1M6qw_lYr2j1u1Lkz8tg2QoFidP2t3KuwPzr0W4hOJYCZ8waMennzi6hpweQYkiI" \
    "fi3hI1kfg7sktaethV5CLhxsaXpriwD-80mMNFT9qvj_ikupCgMIEv6Fy20a6z8BvUwApJTP" \
    "ULIohDxw7XxwUja6E8_qDck_nSR8C1lQLKG5KbvD4FBJRHM3IFtGiMiOLKSwAS0vxdgt8qlz" \
    "u-n-LyclMms5slIrJWmBxRl6f6bH1OKZPK-W7aLhMbnCfediUndWAPvAtSDcpCUdp4ZmbYRY" \
    "sM08Ecw6K4wcGcVMM_vZSNEHv0Z5VtFIflmlMVs2L5B-nOXK5kxDNw"
#define FOREIGN_RS256                                                          \
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImYifQ.eyJleHAiOjQxMDI0NDQ4M" \
    "DAsInBhdGgiOiIvYSJ9.jKl0RFZRuQ73K_MRef2yNVG5CWkUXj4L5HhMPO5cTEHqnIZojdTC" \
    "vyLfpgoRpOlzc4T2Mbuhs_z37dUzIRq3QddPzlAAZLiMK0bjE61aOhC-AiKP4nmetXQ5HO5b" \
    "PUueRX7XCMwemnk3i-yW1-xNOgzR5_p81QjrDP5Qt2GdmxpqTqN4nClcSlYgNyjYGyJcbjJ2" \
    "ROSIea_WxysixZehK_aG53FmJPVPlL7csWK3R0QrwNKoT0qzDm9_8-Idt3IDH9gKTqtcjZ6n" \
    "i1Yy39lre6DEzc-xsVgRjDoGZn0RdJV7b7O24xRbYuNIP2_8Sw10ARRPg62obriJXKKaLPml" \
    "vA"
#define FOREIGN_RS384                                                          \
    "eyJhbGciOiJSUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImYifQ.eyJleHAiOjQxMDI0NDQ4M" \
    "DAsInBhdGgiOiIvYSJ9.GECwgHb1Qr3tQ4kJEAbPF7BeI5YrZiapDjwAPLLIFkFkpeGB51Ya" \
    "dnyhuMI31naHoWWWQNBQA1ED4VfFQcRMv70sS-AKYo_BYIF0yZyTd_Fts-JNcebd28KglXAq" \
    "7pXZzL_LJlv9EN60hs56UOIw_yHQSZOZpKO9MCeMct21E6oXTe9iowDFs_ITjn4pZpxTHbRw" \
    "aO6EwJE1tL9EbmAaIgT4n5L2FupXnhZAkKqbh7SvzNTKOvBqtzB38olJzsMRnDNTTAWzJB_I" \
    "-tQZWtGJP8CrDfSNRonGYKcExBz_Ya7PzwwHG8oYUI_k9TMZRKiVScjQ_m5KkbE5-oGWjEOI" \
    "2g"
#define FOREIGN_RS512                                                          \
    "eyJhbGciOiJSUzUxMiIsInR5cCI6IkpXVCIsImtpZCI6ImYifQ.eyJleHAiOjQxMDI0NDQ4M" \
    "DAsInBhdGgiOiIvYSJ9.STxjSrHg59JX2vy7boC9W_oHVJ6SWYaFjLsYHIWoerpRB5rN8Qdc" \
    "afDgk7ByxwpBXtzM-LNfk7OT9jvh8V-GotH98fvxQdqIsXSmkN3G1mekNeAHI6KlIwVAblt3" \
    "Is_pzjiAVQeWiduKt9QlvlEl8vk8LTzWobWlW4lKE_fk9kLg3Y_xN88ILO51W0ZJjrjqrOtn" \
    "O4OwUmVpqUZr0hqEqdJgKtK_FonHkZvprmn5xzubq3MHlCBxXQrjmQEHLaGi1P8g3844xs3G" \
    "Tm5-BVHx4hsrSe8UG-uxIBtae2YFqfHKjvwRd1mKxuRdxMsNDkIn6VVYA0VNrtWoUctH8kPR" \
    "4Q"
#define FOREIGN_PS256                                                          \
    "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImYifQ.eyJleHAiOjQxMDI0NDQ4M" \
    "DAsInBhdGgiOiIvYSJ9.ECoucplJDxQiGzj7YUNKx2KT3e3yzb4SeApDPfjbJMDaQxc7kque" \
    "Z4yPpNzAKyUzC7ELScJwZXMcrXMR_f7fzN9sbaavNcCjsfcPVPVOE1RmUSHaU_PviB6A5K4D" \
    "gvxGqlJ55h7toh79Qn7JJt8yi8bChHHm3fQc2z4VevH0-gOUwluPnDZZ3-b-RhA4hdoeeqEZ" \
    "6RKaZtZ8C8F2WwV_TLuH9z03ow22_qmBlvkpCkksoTLohMFTK3shuQGlB-MYIByO__Rx9_W3" \
    "7rclv0muUwWw3l4mRR7GqiGx8RPaw2WA-l0IuSEbrHo-lvugM38005Y4zsc04rsyH2w65DCj" \
    "SA"
#define FOREIGN_P256_X "NyTD2Ksvlq9-46zI2js934qQe8Ok_iXzrqVh3Csws8k"
#define FOREIGN_P256_Y "8JbuDLSvA3VyDg7Zor4lTLZDDTP-PBVN-lMvG6lBU4w"
#define FOREIGN_ES256                                                          \
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImYifQ.eyJleHAiOjQxMDI0NDQ4M" \
    "DAsInBhdGgiOiIvYSJ9.5lld_mmrEHhR_7QI2IpQosJf2QPlq5188SvchzBuDfkQmtKzvgEo" \
    "ZRyFqO9kktW9I9iHJkJG49AguK0CLqIlZQ"
#define FOREIGN_P384_X \
    "dOn1YM3z5FUjK8fAyVyedcg0f4f95rx6mfEaiSOf6I9Fywc0OLgSpEdiUk9Nzpfp"
#define FOREIGN_P384_Y \
    "-UwmfiFA9um-ZHlspM9eXKn2GoqwKvJ0YDPowJLKFpsp8eAr81cGozK-z7a_xmfT"
#define FOREIGN_ES384                                                          \
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImYifQ.eyJleHAiOjQxMDI0NDQ4M" \
    "DAsInBhdGgiOiIvYSJ9.nLl_HgKLLDx6GbQeufKJzNu8rZ-oRNHKjKjm4vlJawAjjTVLD3Z_" \
    "PXciUq2zpXUNBuEeO3-q6V-mhDb6dNXrsPJUq5Cv5Yxx_S8N4qsudWxeEu01xGjvSTvpXjvg" \
    "Hw4D"

/* The first three are those of the keys above. */
#define FOREIGN_RSA_PEM                                                  \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnMLRrv7B1M6qw/lYr2j1\n" \
    "u1Lkz8tg2QoFidP2t3KuwPzr0W4hOJYCZ8waMennzi6hpweQYkiIfi3hI1kfg7sk\n" \
    "taethV5CLhxsaXpriwD+80mMNFT9qvj/ikupCgMIEv6Fy20a6z8BvUwApJTPULIo\n" \
    "hDxw7XxwUja6E8/qDck/nSR8C1lQLKG5KbvD4FBJRHM3IFtGiMiOLKSwAS0vxdgt\n" \
    "8qlzu+n+LyclMms5slIrJWmBxRl6f6bH1OKZPK+W7aLhMbnCfediUndWAPvAtSDc\n" \
    "pCUdp4ZmbYRYsM08Ecw6K4wcGcVMM/vZSNEHv0Z5VtFIflmlMVs2L5B+nOXK5kxD\n" \
    "NwIDAQAB\n"                                                         \
    "-----END PUBLIC KEY-----\n"
#define FOREIGN_P256_PEM                                                 \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENyTD2Ksvlq9+46zI2js934qQe8Ok\n" \
    "/iXzrqVh3Csws8nwlu4MtK8DdXIODtmiviVMtkMNM/48FU36Uy8bqUFTjA==\n"     \
    "-----END PUBLIC KEY-----\n"
#define FOREIGN_P384_PEM                                                 \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEdOn1YM3z5FUjK8fAyVyedcg0f4f95rx6\n" \
    "mfEaiSOf6I9Fywc0OLgSpEdiUk9Nzpfp+UwmfiFA9um+ZHlspM9eXKn2GoqwKvJ0\n" \
    "YDPowJLKFpsp8eAr81cGozK+z7a/xmfT\n"                                 \
    "-----END PUBLIC KEY-----\n"
#define FOREIGN_RSA_1024_PEM                                             \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCyMW2W29PtzKp9m7g+/HMq3OWQ\n" \
    "a3J0042vXt8NZGEJ20EVRXe/QUmZiTNAtYGv6+2a9pu5R/Py2rsWjcpmtpmqcjyx\n" \
    "6tfnPP81rqLhHI0+MbYuIs9XaUS96wni9VZGHx/5k/3rfLbdHDuN4jJgu79OpOBP\n" \
    "rqlttwQx1ywl0STgeQIDAQAB\n"                                         \
    "-----END PUBLIC KEY-----\n"
#define FOREIGN_ED25519_PEM                                          \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VwAyEA4E3jE5Tw89x+ECrvppt0xx3BDmgndxzVB8mjjYPUTB0=\n" \
    "-----END PUBLIC KEY-----\n"

#define FOREIGN_RSA_START \
    "{\"kty\":\"RSA\",\"kid\":\"f\",\"e\":\"AQAB\",\"n\":\"" FOREIGN_N "\""
#define FOREIGN_RSA FOREIGN_RSA_START "}"
#define FOREIGN_P256                                                          \
    "{\"kty\":\"EC\",\"kid\":\"f\",\"crv\":\"P-256\",\"x\":\"" FOREIGN_P256_X \
    "\","                                                                     \
    "\"y\":\"" FOREIGN_P256_Y "\"}"
#define FOREIGN_P384                                                          \
    "{\"kty\":\"EC\",\"kid\":\"f\",\"crv\":\"P-384\",\"x\":\"" FOREIGN_P384_X \
    "\","                                                                     \
    "\"y\":\"" FOREIGN_P384_Y "\"}"

#endif

/* Signatures as the vendors' own clients made them: captured on the wire, with their moments and nonces. */
#include "solve/vendor_sign.h"
#include "unit.h"

static struct secret *secret_of(struct arena *a, const char *text) {
    return secret_new(a, text, strlen(text));
}

static void assert_header(const char *const *headers, const char *expected) {
    for (; *headers; headers++)
        if (strcmp(*headers, expected) == 0)
            return;
    print_error("no %s\n", expected);
    _fail(__FILE__, __LINE__);
}

static void alibabas_client_signs_the_same(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const struct signing signing = {.key_id = "testAK",
                                    .secret = secret_of(a, "testSecret"),
                                    .host = "127.0.0.1:18080",
                                    .action = "ListUserCertificateOrder",
                                    .version = "2020-04-07",
                                    .now = 1795293013};
    const char *const *headers = sign_acs3(
        a, &signing,
        "CurrentPage=1&Keyword=%E4%BE%8B%E3%81%88%20%2A.a%2Bb~c%20d%2F%C3%A9&OrderType=CERT&ShowSize=50&Status="
        "ISSUED",
        "e2b44eaba1e246bfb9b281b371d66dc432caf92cdbab5dd7cec9078042c13839");
    assert_header(headers, "x-acs-date:2026-11-21T20:30:13Z");
    assert_header(headers,
                  "Authorization: ACS3-HMAC-SHA256 Credential=testAK,SignedHeaders=host;x-acs-action;"
                  "x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;"
                  "x-acs-version,Signature=536e18c40933553c3e78ffd6d66aca36f88f49e2469b9916f21d1d67a8d85a04");
}

static void tencents_client_signs_the_same(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const struct signing signing = {.key_id = "testSecretId",
                                    .secret = secret_of(a, "testSecretKey"),
                                    .host = "127.0.0.1",
                                    .action = "DescribeCertificates",
                                    .version = "2019-12-05",
                                    .now = 1795293063};
    const char *const *headers =
        sign_tc3(a, &signing, "127",
                 slice_str("{\"Limit\":10,\"SearchKey\":\"例é \\\"q\\\"\",\"CertificateStatus\":[1,3]}"));
    assert_header(headers, "X-TC-Timestamp: 1795293063");
    assert_header(headers,
                  "Authorization: TC3-HMAC-SHA256 Credential=testSecretId/2026-11-21/127/tc3_request, "
                  "SignedHeaders=content-type;host, "
                  "Signature=2916d66a547748451723bb5632b6f60a3f6b10acfa9e04d5137a70cb91dad84f");
}

TEST_MAIN(vendor_sign, test(alibabas_client_signs_the_same), test(tencents_client_signs_the_same))

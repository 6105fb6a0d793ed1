//! Every status code at every method: what the caller is told, and how often it was tried.

use edge_runtime::connector::{Code, Retry};
use edge_runtime::registry::{Registry as _, RegistryError};
use edge_tests::{FakeConnector, Reply, TestResult};

use super::{METHODS, bare_dock, builder, call, client};

const RETRIES: u32 = 5;
const ALWAYS: usize = RETRIES as usize + 1;
const A_FEW_TIMES: usize = 4;
const ONCE: usize = 1;

/// Number on the wire, code, attempts of a call that may be repeated.
const CODES: [(i32, Code, usize); 16] = [
    (1, Code::Cancelled, ALWAYS),
    (2, Code::Unknown, A_FEW_TIMES),
    (3, Code::InvalidArgument, ONCE),
    (4, Code::DeadlineExceeded, ALWAYS),
    (5, Code::NotFound, ONCE),
    (6, Code::AlreadyExists, ONCE),
    (7, Code::PermissionDenied, ONCE),
    (8, Code::ResourceExhausted, ALWAYS),
    (9, Code::FailedPrecondition, ONCE),
    (10, Code::Aborted, ONCE),
    (11, Code::OutOfRange, ONCE),
    (12, Code::Unimplemented, ONCE),
    (13, Code::Internal, A_FEW_TIMES),
    (14, Code::Unavailable, ALWAYS),
    (15, Code::DataLoss, ONCE),
    (16, Code::Unauthenticated, ONCE),
];

async fn check(number: i32, code: Code, attempts: usize) {
    let fake = FakeConnector::start(move |_| Reply::code(number.into())).await;
    let client = builder(&fake).retry(Retry::AtMost(RETRIES)).build().unwrap();
    for (method, rpc) in METHODS {
        let error = call(&client, method).await.unwrap_err();
        assert_eq!((error.code(), error.method()), (code, method));
        assert_eq!(error.endpoint(), fake.url());
        assert_eq!(error.message(), "as the test says");
        assert!(!error.is_protocol(), "{error}");
        assert_eq!(error.is_retryable(), attempts > ONCE, "{error}");
        let expected = if method == "add_sub_asset" { ONCE } else { attempts };
        assert_eq!(fake.count(rpc), expected, "{error}");
    }
}

#[tokio::test]
async fn each_code_at_each_method_is_told_and_tried_as_the_policy_says() {
    for (number, code, attempts) in CODES {
        check(number, code, attempts).await;
    }
}

/// The seventeenth code. A call that succeeded and says nothing has not been understood.
#[tokio::test]
async fn success_without_a_message_is_not_understood_and_not_repeated() {
    let fake = FakeConnector::start(|_| Reply::code(edge_tests::OK)).await;
    let client = client(&fake);
    for (method, rpc) in METHODS {
        let error = call(&client, method).await.unwrap_err();
        assert!(error.is_protocol() && error.code() == Code::Internal, "{error}");
        assert!(error.to_string().ends_with("the answer cannot be understood: there is no message in it"));
        assert_eq!(fake.count(rpc), ONCE, "{error}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_know_the_call_is_too_old() {
    let fake = FakeConnector::start(|_| Reply::code(12.into())).await;
    let error = call(&client(&fake), "get_asset").await.unwrap_err();
    let expected = format!(
        "get_asset at {}: UNIMPLEMENTED: the server is too old for this call: as the test says",
        fake.url()
    );
    assert_eq!(error.to_string(), expected);
}

/// What a starting device makes of each code. It has retries of its own: the client calls once.
#[tokio::test]
async fn a_registry_tells_them_apart_and_calls_once() -> TestResult {
    for (number, code, attempts) in CODES {
        let fake = FakeConnector::start(move |_| Reply::code(number.into())).await;
        let client = client(&fake);
        let fetched = client.fetch(&bare_dock()).await;
        match code {
            Code::NotFound => assert_eq!(fetched?, None),
            Code::Aborted => assert!(matches!(fetched, Err(RegistryError::Conflict))),
            _ if attempts > ONCE => {
                assert!(matches!(fetched, Err(RegistryError::Unavailable { .. })), "{code}")
            }
            _ => match fetched {
                Err(RegistryError::Rejected { code: name, message, .. }) => {
                    assert_eq!((name.as_str(), message.as_str()), (code.as_str(), "as the test says"));
                }
                other => panic!("{code}: {other:?}"),
            },
        }
        assert_eq!(fake.count("GetAssetBySn"), ONCE, "{code}");
    }
    Ok(())
}

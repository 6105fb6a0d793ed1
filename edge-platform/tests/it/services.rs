//! The standard services beside the Connector: health and reflection.

use edge_platform::Embedded;
use tokio_stream::iter;

#[tokio::test]
async fn health_and_both_reflections_answer() {
    use tonic_health::pb::health_client::HealthClient;
    use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

    let platform = Embedded::start().await.unwrap();
    let endpoint = tonic::transport::Endpoint::new(platform.connector_url()).unwrap();
    let channel = endpoint.connect().await.unwrap();
    let mut health = HealthClient::new(channel.clone());
    for service in ["", "edge.connector.v1.ConnectorService"] {
        let reply = health.check(HealthCheckRequest { service: service.into() }).await.unwrap();
        assert_eq!(reply.into_inner().status(), ServingStatus::Serving, "{service:?}");
    }
    macro_rules! list_services {
        ($version:ident) => {{
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_request::MessageRequest,
            };
            let mut client = ServerReflectionClient::new(channel.clone());
            let request = ServerReflectionRequest {
                host: String::new(),
                message_request: Some(MessageRequest::ListServices(String::new())),
            };
            let mut replies = client.server_reflection_info(iter([request])).await.unwrap().into_inner();
            format!("{:?}", replies.message().await.unwrap())
        }};
    }
    for services in [list_services!(v1), list_services!(v1alpha)] {
        assert!(services.contains("edge.connector.v1.ConnectorService"), "{services}");
    }
    platform.close().await;
}

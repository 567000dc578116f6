//! The description of the HTTP surface, written by hand beside the routes and tested against them.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

/// Shows the description.
pub async fn show() -> Response {
    Json(description()).into_response()
}

/// OpenAPI 3.1.
pub fn description() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Yoriai",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What is not live: workshops, joining, seats, links, exports. What is live goes over /sync/{workshop} in automerge-repo's WebSocket protocol, version 1.",
        },
        "components": {
            "securitySchemes": {
                "device": { "type": "apiKey", "in": "cookie", "name": "yoriai" },
                "token": { "type": "apiKey", "in": "query", "name": "token" },
            },
            "schemas": schemas(),
        },
        "paths": paths(),
    })
}

/// One operation: its place, its sentence, the schema of its body and of its answer, further parameters.
struct Operation {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    status: &'static str,
    answer: Answer,
    query: &'static [&'static str],
}

enum Answer {
    Schema(&'static str),
    Media(&'static str),
    Socket,
}

const fn operation(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    status: &'static str,
    answer: Answer,
) -> Operation {
    Operation {
        method,
        path,
        summary,
        body: None,
        status,
        answer,
        query: &[],
    }
}

const fn with_body(mut operation: Operation, body: &'static str) -> Operation {
    operation.body = Some(body);
    operation
}

const fn with_query(mut operation: Operation, query: &'static [&'static str]) -> Operation {
    operation.query = query;
    operation
}

const OPERATIONS: &[Operation] = &[
    operation(
        "get",
        "/api/workshops",
        "Workshops in which this device has a seat, the latest first.",
        "200",
        Answer::Schema("Workshops"),
    ),
    with_body(
        operation(
            "post",
            "/api/workshops",
            "Makes a workshop, empty or from a report; the caller becomes coordinator.",
            "201",
            Answer::Schema("Created"),
        ),
        "NewWorkshop",
    ),
    operation(
        "post",
        "/api/workshops/demo",
        "Makes a workshop of the report of a real evening.",
        "201",
        Answer::Schema("Created"),
    ),
    with_body(
        operation(
            "post",
            "/api/join",
            "Takes a seat with a link's secret or a spoken code; sets the device's cookie.",
            "200",
            Answer::Schema("Seat"),
        ),
        "Join",
    ),
    operation(
        "get",
        "/api/workshops/{workshop}/seat",
        "This device's seat.",
        "200",
        Answer::Schema("Seat"),
    ),
    with_body(
        operation(
            "post",
            "/api/workshops/{workshop}/seat",
            "Chooses a table, then a name on its list or a new one.",
            "200",
            Answer::Schema("Seat"),
        ),
        "Choose",
    ),
    operation(
        "post",
        "/api/workshops/{workshop}/cards",
        "Makes new links with QR codes (coordinators). Earlier ones go on working.",
        "201",
        Answer::Schema("Cards"),
    ),
    with_body(
        operation(
            "post",
            "/api/workshops/{workshop}/links/revoke",
            "Makes links stop working and ends the seats taken through them (coordinators).",
            "200",
            Answer::Schema("Revoked"),
        ),
        "Revoke",
    ),
    operation(
        "post",
        "/api/workshops/{workshop}/seats/{device}/revoke",
        "Ends one device's seat and closes its sockets (coordinators).",
        "200",
        Answer::Schema("Revoked"),
    ),
    with_body(
        operation(
            "post",
            "/api/workshops/{workshop}/groups",
            "Adds a group with an empty board (coordinators).",
            "201",
            Answer::Schema("Group"),
        ),
        "NewGroup",
    ),
    with_body(
        operation(
            "post",
            "/api/workshops/{workshop}/transfer",
            "Moves or copies notes and islands to another group's board, once per id (coordinators).",
            "200",
            Answer::Schema("Transferred"),
        ),
        "Transfer",
    ),
    operation(
        "post",
        "/api/workshops/{workshop}/ticket",
        "What opens this device's next socket: good once, for 30 seconds; offered as the WebSocket protocol `yoriai.ticket.` and the ticket, beside `yoriai`.",
        "201",
        Answer::Schema("Ticket"),
    ),
    with_body(
        operation(
            "post",
            "/api/workshops/{workshop}/erasure/preview",
            "What an erasure would erase, on every board, and where else the same words stand (coordinators). Changes nothing.",
            "200",
            Answer::Schema("ErasurePreview"),
        ),
        "Erasure",
    ),
    with_body(
        operation(
            "post",
            "/api/workshops/{workshop}/erasure",
            "Erases notes, headings or people for good: the boards get new documents, the old ones are gone (coordinators).",
            "200",
            Answer::Schema("Erased"),
        ),
        "Erasure",
    ),
    operation(
        "get",
        "/api/workshops/{workshop}/devices",
        "Everybody's devices: who sits there, whether they are connected, whether they may only read (coordinators).",
        "200",
        Answer::Schema("Devices"),
    ),
    with_body(
        operation(
            "post",
            "/api/workshops/{workshop}/devices/read-only",
            "Lets a participant's device only read, or gives it back what its role allows (coordinators).",
            "200",
            Answer::Schema("ReadOnly"),
        ),
        "ReadOnly",
    ),
    operation(
        "get",
        "/api/workshops/{workshop}/groups/{group}/writers",
        "As whom devices wrote in the history of a group's board (coordinators).",
        "200",
        Answer::Schema("Writers"),
    ),
    operation(
        "get",
        "/api/workshops/{workshop}/acts",
        "What coordinators did that stands in no document, the latest first (coordinators).",
        "200",
        Answer::Schema("Acts"),
    ),
    with_body(
        operation(
            "post",
            "/api/workshops/{workshop}/acts",
            "Notes down that somebody's acts on a board were taken back (coordinators).",
            "201",
            Answer::Schema("Act"),
        ),
        "NewAct",
    ),
    with_query(
        operation(
            "get",
            "/api/workshops/{workshop}/report.csv",
            "One row per note for spreadsheets; no cell begins a formula. `all=true` (coordinators): basket and withheld too.",
            "200",
            Answer::Media("text/csv"),
        ),
        &["group", "all", "lang"],
    ),
    with_query(
        operation(
            "get",
            "/api/workshops/{workshop}/report.txt",
            "The report as imported, byte for byte where nothing changed.",
            "200",
            Answer::Media("text/plain"),
        ),
        &["group"],
    ),
    with_query(
        operation(
            "get",
            "/api/workshops/{workshop}/report.clean.txt",
            "The report as a fair copy.",
            "200",
            Answer::Media("text/plain"),
        ),
        &["group"],
    ),
    with_query(
        operation(
            "get",
            "/api/workshops/{workshop}/report.md",
            "The fair copy as Markdown.",
            "200",
            Answer::Media("text/markdown"),
        ),
        &["group"],
    ),
    operation(
        "get",
        "/api/workshops/{workshop}/groups/{group}/board.automerge",
        "A board as an automerge file.",
        "200",
        Answer::Media("application/octet-stream"),
    ),
    with_body(
        operation(
            "delete",
            "/api/workshops/{workshop}",
            "Deletes a workshop with everything in it, for good (coordinators). Works on a full disk.",
            "200",
            Answer::Schema("Deleted"),
        ),
        "Delete",
    ),
    operation(
        "get",
        "/api/workshops/{workshop}/workshop.automerge",
        "The workshop's document as an automerge file.",
        "200",
        Answer::Media("application/octet-stream"),
    ),
    operation(
        "post",
        "/api/tokens/{workshop}",
        "A token with this device's rights for other automerge-repo clients, valid for a day.",
        "201",
        Answer::Schema("Token"),
    ),
    with_query(
        operation(
            "get",
            "/sync/{workshop}",
            "The live documents: a WebSocket speaking automerge-repo's protocol, version 1; opened by a ticket or a token.",
            "101",
            Answer::Socket,
        ),
        &["token"],
    ),
    operation(
        "get",
        "/healthz",
        "Writes a canary through a room to the disk and reads it back; 503 within 10 s if edits are not safe.",
        "200",
        Answer::Schema("Health"),
    ),
    operation(
        "get",
        "/livez",
        "Answers while the process runs.",
        "200",
        Answer::Schema("Health"),
    ),
    operation(
        "get",
        "/metrics",
        "Figures for Prometheus.",
        "200",
        Answer::Media("application/openmetrics-text"),
    ),
    operation(
        "get",
        "/api/openapi.json",
        "This description.",
        "200",
        Answer::Media("application/json"),
    ),
];

fn paths() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let entry = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(methods) = entry.as_object_mut() {
            methods.insert(operation.method.to_owned(), operation.json());
        }
    }
    Value::Object(paths)
}

impl Operation {
    fn json(&self) -> Value {
        let in_path = self
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Value> = in_path
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .chain(
                self.query
                    .iter()
                    .map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } })),
            )
            .collect();
        let content = match self.answer {
            Answer::Schema(name) => json!({ "application/json": { "schema": reference(name) } }),
            Answer::Media(media) => json!({ media: {} }),
            Answer::Socket => json!({}),
        };
        let mut operation = json!({
            "summary": self.summary,
            "parameters": parameters,
            "responses": {
                self.status: { "description": "done", "content": content },
                "default": { "description": "refused", "content": { "application/json": { "schema": reference("Refusal") } } },
            },
        });
        if let (Some(body), Some(operation)) = (self.body, operation.as_object_mut()) {
            let content = json!({ "application/json": { "schema": reference(body) } });
            operation.insert(
                "requestBody".to_owned(),
                json!({ "required": true, "content": content }),
            );
        }
        operation
    }
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

fn schemas() -> Value {
    let text = json!({ "type": "string" });
    let optional = json!({ "type": ["string", "null"] });
    let number = json!({ "type": "integer" });
    let flag = json!({ "type": "boolean" });
    let list = |items: Value| json!({ "type": "array", "items": items });
    let role = json!({ "enum": ["viewer", "participant", "coordinator"] });
    let card = object(&["url"], json!({ "url": text, "qr_svg": optional }));
    let named_card = object(
        &["group", "name", "url"],
        json!({ "group": text, "name": text, "icon": optional, "url": text, "qr_svg": optional }),
    );
    let person = object(
        &["id", "name"],
        json!({ "id": text, "name": text, "coordinator": flag }),
    );
    json!({
        "Refusal": object(&["error"], json!({ "error": object(&["code", "message"], json!({
            "code": text, "message": text, "line": number, "limit": number, "text": text, "reason": text,
        })) })),
        "NewGroup": object(&["name"], json!({ "name": text, "icon": optional })),
        "NewWorkshop": object(&[], json!({
            "theme": text, "date": text, "venue": text, "groups": list(reference("NewGroup")), "report": optional,
        })),
        "Created": object(&["workshop", "join_code", "links"], json!({
            "workshop": text, "join_code": text,
            "links": object(&["coordinator", "viewer", "groups"], json!({
                "coordinator": text, "viewer": text, "groups": list(named_card.clone()),
            })),
        })),
        "Workshops": object(&["workshops"], json!({ "workshops": list(object(&["workshop", "theme", "role"], json!({
            "workshop": text, "theme": text, "role": role, "group": optional, "created_at_ms": number, "seen_at_ms": number,
        }))) })),
        "Join": object(&[], json!({ "secret": optional, "code": optional, "group": optional })),
        "Choose": object(&[], json!({ "group": optional, "person": optional, "new_name": optional })),
        "Seat": object(&["workshop", "workshop_document", "role", "groups", "peer", "device"], json!({
            "workshop": text, "workshop_document": text, "theme": text, "role": role, "group": optional,
            "person": { "oneOf": [person.clone(), { "type": "null" }] },
            "groups": list(object(&["id", "name", "document", "people"], json!({
                "id": text, "name": text, "icon": optional, "document": text, "locked": flag, "removed": flag, "people": list(person),
            }))),
            "peer": text, "device": text, "server_time_ms": number,
        })),
        "Cards": object(&["join_code", "cards", "coordinator", "viewer"], json!({
            "join_code": text, "join_url": text, "cards": list(named_card), "coordinator": card.clone(), "viewer": card,
        })),
        "Revoke": object(&["kind"], json!({ "kind": { "enum": ["group", "viewer", "coordinator", "all"] } })),
        "Revoked": object(&["revoked"], json!({ "revoked": text })),
        "Group": object(&["id", "name", "document"], json!({ "id": text, "name": text, "icon": optional, "document": text })),
        "Transfer": object(&["id", "from", "to", "items"], json!({
            "id": text, "from": text, "to": text, "items": list(text.clone()), "copy": flag,
        })),
        "Transferred": object(&["id"], json!({ "id": text, "repeated": flag, "items": list(text.clone()) })),
        "Erasure": object(&["groups"], json!({
            "groups": list(object(&["group"], json!({ "group": text, "items": list(text.clone()), "people": list(text.clone()) }))),
        })),
        "ErasurePreview": object(&["boards", "mentions"], json!({
            "boards": list(object(&["group", "items", "people"], json!({
                "group": text, "items": list(text.clone()), "people": list(text.clone()),
            }))),
            "mentions": list(object(&["group", "item"], json!({ "group": text, "item": text, "text": text }))),
        })),
        "Erased": object(&["boards", "items", "people", "scrubbed"], json!({
            "boards": number, "items": number, "people": number, "scrubbed": flag,
        })),
        "Devices": object(&["devices"], json!({ "devices": list(object(&["device", "role", "connections", "read_only"], json!({
            "device": text, "role": role, "group": optional, "person": optional, "name": text, "connections": number,
            "read_only": flag, "own": flag, "seen_at_ms": number,
        }))) })),
        "ReadOnly": object(&["device", "read_only"], json!({ "device": text, "read_only": flag })),
        "Writers": object(&["writers"], json!({ "writers": list(object(&["actor", "device"], json!({
            "actor": text, "device": text, "person": optional, "name": text,
        }))) })),
        "NewAct": object(&["act", "group"], json!({ "act": { "enum": ["taken_back"] }, "group": text, "subject": optional, "count": number })),
        "Act": object(&["at_ms", "act"], json!({
            "at_ms": number, "act": text, "name": text, "group": optional, "subject": optional, "count": number,
        })),
        "Acts": object(&["acts"], json!({ "acts": list(reference("Act")) })),
        "Token": object(&["token", "url", "expires_at_ms"], json!({ "token": text, "url": text, "expires_at_ms": number })),
        "Delete": object(&["confirm"], json!({ "confirm": text })),
        "Deleted": object(&["deleted"], json!({ "deleted": text })),
        "Ticket": object(&["ticket", "expires_in_ms"], json!({ "ticket": text, "expires_in_ms": number })),
        "Health": object(&["status"], json!({ "status": text })),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::ROUTES;

    #[test]
    fn every_route_is_described_and_every_description_is_a_route() {
        let described: BTreeSet<(&str, &str)> = OPERATIONS
            .iter()
            .map(|operation| (operation.method, operation.path))
            .collect();
        assert_eq!(described, ROUTES.iter().copied().collect());
    }

    #[test]
    fn every_schema_that_is_referred_to_exists() {
        let description = description();
        let text = description.to_string();
        let schemas = description["components"]["schemas"].as_object().unwrap();
        let mut count = 0;
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
            count += 1;
        }
        assert!(count > ROUTES.len());
    }
}

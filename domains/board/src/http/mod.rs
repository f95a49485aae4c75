//! The API of the board (BRD-23, BRD-24). Handlers end where HTTP ends.

mod attachments;
mod calibration;
mod decisions;
mod deliberation;
mod metrics;
mod personas;
mod results;
mod sessions;
mod shares;
mod stream;
mod upload;
mod weighing;

use quorate_http::{Access, Routes};
use quorate_kernel::Permission;
use utoipa_axum::routes;

use crate::Board;

/// Every route of the board, each with the permission it needs.
pub fn routes(board: Board) -> Routes<()> {
    let read = Access::Needs(Permission::BoardSessionRead);
    let write = Access::Needs(Permission::BoardSessionWrite);
    let most = board.attachment_limits().bytes.saturating_add(upload::FRAME);
    Routes::<Board>::new()
        .add(write, routes!(sessions::create))
        .add(read, routes!(sessions::list))
        .add(read, routes!(sessions::get))
        .add(write, routes!(sessions::update))
        .add(write, routes!(sessions::delete))
        .add_for_files(write, most, routes!(attachments::create))
        .add(read, routes!(attachments::list))
        .add(read, routes!(attachments::download))
        .add(write, routes!(attachments::remove))
        .add(write, routes!(deliberation::start))
        .add(write, routes!(deliberation::pause))
        .add(write, routes!(deliberation::resume))
        .add(write, routes!(deliberation::stop))
        .add(write, routes!(deliberation::answers))
        .add(read, routes!(results::contributions))
        .add(read, routes!(results::votes))
        .add(read, routes!(results::report))
        .add(read, routes!(results::events))
        .add(read, routes!(results::export))
        .add(read, routes!(metrics::metrics))
        .add(read, routes!(stream::stream))
        .add(read, routes!(weighing::matrices))
        .add(write, routes!(weighing::set_weights))
        .add(read, routes!(decisions::read))
        .add(write, routes!(decisions::decide))
        .add(write, routes!(decisions::conclude))
        .add(read, routes!(decisions::journal))
        .add(write, routes!(shares::create))
        .add(read, routes!(shares::list))
        .add(write, routes!(shares::revoke))
        .add(Access::Public, routes!(shares::read))
        .add(read, routes!(calibration::calibration))
        .add(Access::Needs(Permission::OrgWrite), routes!(calibration::switch))
        .add(read, routes!(calibration::weighing))
        .add(Access::Needs(Permission::PersonaRead), routes!(personas::list))
        .with_state(board)
}

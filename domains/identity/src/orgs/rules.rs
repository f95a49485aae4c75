//! Who may do what to whom in an organization (IDN-20), pure. Routes ask for a permission first; these rules say what is
//! left to decide when the person and the target are known.

use quorate_kernel::Role;

/// Why something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The actor's role does not reach so far. The sentence is for them.
    NotAllowed(&'static str),
    /// The organization would be without an owner.
    LastOwner,
}

const NOT_YOURS: Refusal = Refusal::NotAllowed("Only admins and owners may do this.");
const OWNERS_ONLY: Refusal = Refusal::NotAllowed("Only an owner may do this.");

/// Whether the role runs the organization.
const fn runs(role: Role) -> bool {
    matches!(role, Role::Admin | Role::Owner)
}

/// Whether somebody may run the organization: rename it, invite people.
pub(crate) const fn may_run(actor: Role) -> Result<(), Refusal> {
    if runs(actor) { Ok(()) } else { Err(NOT_YOURS) }
}

/// Whether somebody may delete the organization or give it away.
pub(crate) const fn may_dispose(actor: Role) -> Result<(), Refusal> {
    if matches!(actor, Role::Owner) { Ok(()) } else { Err(OWNERS_ONLY) }
}

/// Whether somebody may invite to this role. Nobody becomes an owner by mail: that is given to a member.
pub(crate) const fn may_invite(actor: Role, to: Role) -> Result<(), Refusal> {
    match (actor, to) {
        (Role::Member, _) => Err(NOT_YOURS),
        (_, Role::Owner) => Err(Refusal::NotAllowed("Nobody is invited as an owner. Make a member one.")),
        (Role::Admin | Role::Owner, Role::Member | Role::Admin) => Ok(()),
    }
}

/// Whether somebody may change a member's role, their own included. Admins neither touch owners nor make them.
pub(crate) const fn may_change_role(actor: Role, from: Role, to: Role, owners: i64) -> Result<(), Refusal> {
    match (actor, from, to) {
        (Role::Member, _, _) => Err(NOT_YOURS),
        (Role::Admin, Role::Owner, _) | (Role::Admin, _, Role::Owner) => Err(OWNERS_ONLY),
        (_, Role::Owner, Role::Owner) => Ok(()),
        (_, Role::Owner, _) if owners <= 1 => Err(Refusal::LastOwner),
        (Role::Admin | Role::Owner, _, _) => Ok(()),
    }
}

/// Whether somebody may remove another member.
pub(crate) const fn may_remove(actor: Role, target: Role, owners: i64) -> Result<(), Refusal> {
    match (actor, target) {
        (Role::Member, _) => Err(NOT_YOURS),
        (Role::Admin, Role::Owner) => Err(OWNERS_ONLY),
        (Role::Owner, Role::Owner) if owners <= 1 => Err(Refusal::LastOwner),
        (Role::Admin | Role::Owner, _) => Ok(()),
    }
}

/// Whether somebody may go.
pub(crate) const fn may_leave(role: Role, owners: i64) -> Result<(), Refusal> {
    if matches!(role, Role::Owner) && owners <= 1 { Err(Refusal::LastOwner) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: Role = Role::Member;
    const ADMIN: Role = Role::Admin;
    const OWNER: Role = Role::Owner;
    const YES: Result<(), Refusal> = Ok(());
    const NO: Result<(), Refusal> = Err(NOT_YOURS);
    const OWNERS: Result<(), Refusal> = Err(OWNERS_ONLY);
    const LAST: Result<(), Refusal> = Err(Refusal::LastOwner);

    /// Every actor × every role held × every role given: with two owners, and with one.
    #[test]
    fn the_table_of_role_changes() {
        let table = [
            (MEMBER, MEMBER, [NO, NO, NO], [NO, NO, NO]),
            (MEMBER, ADMIN, [NO, NO, NO], [NO, NO, NO]),
            (MEMBER, OWNER, [NO, NO, NO], [NO, NO, NO]),
            (ADMIN, MEMBER, [YES, YES, OWNERS], [YES, YES, OWNERS]),
            (ADMIN, ADMIN, [YES, YES, OWNERS], [YES, YES, OWNERS]),
            (ADMIN, OWNER, [OWNERS, OWNERS, OWNERS], [OWNERS, OWNERS, OWNERS]),
            (OWNER, MEMBER, [YES, YES, YES], [YES, YES, YES]),
            (OWNER, ADMIN, [YES, YES, YES], [YES, YES, YES]),
            (OWNER, OWNER, [YES, YES, YES], [LAST, LAST, YES]),
        ];
        for (actor, from, with_two, with_one) in table {
            for (index, to) in Role::ALL.into_iter().enumerate() {
                assert_eq!(may_change_role(actor, from, to, 2), with_two[index], "{actor:?} {from:?} → {to:?}");
                assert_eq!(
                    may_change_role(actor, from, to, 1),
                    with_one[index],
                    "{actor:?} {from:?} → {to:?}, one owner"
                );
            }
        }
    }

    #[test]
    fn the_table_of_removals() {
        let table = [
            (MEMBER, [NO, NO, NO], [NO, NO, NO]),
            (ADMIN, [YES, YES, OWNERS], [YES, YES, OWNERS]),
            (OWNER, [YES, YES, YES], [YES, YES, LAST]),
        ];
        for (actor, with_two, with_one) in table {
            for (index, target) in Role::ALL.into_iter().enumerate() {
                assert_eq!(may_remove(actor, target, 2), with_two[index], "{actor:?} {target:?}");
                assert_eq!(may_remove(actor, target, 1), with_one[index], "{actor:?} {target:?}, one owner");
            }
        }
    }

    #[test]
    fn the_table_of_everything_else() {
        let invite = Role::ALL.map(|actor| Role::ALL.map(|to| may_invite(actor, to).is_ok()));
        assert_eq!(invite, [[false, false, false], [true, true, false], [true, true, false]]);
        assert_eq!(Role::ALL.map(may_run), [NO, YES, YES]);
        assert_eq!(Role::ALL.map(may_dispose), [OWNERS, OWNERS, YES]);
        assert_eq!(Role::ALL.map(|role| may_leave(role, 1)), [YES, YES, LAST]);
        assert_eq!(Role::ALL.map(|role| may_leave(role, 2)), [YES, YES, YES]);
    }
}

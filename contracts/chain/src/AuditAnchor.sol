// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Heads of audit logs, each head following the one before it
/// @notice Keeps for every log its newest size and Merkle root. A new head must name the root that it follows,
/// so that a repeated, late or reordered call fails, and no head is ever anchored twice.
/// @dev State can be rebuilt from events alone: {Anchored}, {EpochOpened}, {LogFrozen}, {LimitsChanged}, and
/// those of OpenZeppelin. Whether a head is consistent with the one before it is checked off chain by witnesses.
contract AuditAnchor is AccessControlDefaultAdminRules, Pausable, EIP712 {
    /// @notice Holder may anchor heads: the hot key of the anchor actor.
    bytes32 public constant ANCHOR_ROLE = keccak256("ANCHOR_ROLE");
    /// @notice Holder may pause: the guardian.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    /// @notice Holder may open epochs and change limits: a TimelockController.
    bytes32 public constant TIMELOCK_ROLE = keccak256("TIMELOCK_ROLE");

    /// @notice Most logs that one call of {anchorMany} takes.
    uint256 public constant MAX_BATCH = 256;

    bytes32 private constant HEAD_TYPEHASH =
        keccak256("LogHead(bytes32 logId,uint64 epoch,uint64 size,bytes32 root)");

    /// @notice Newest head of one log.
    struct Head {
        /// RFC 6962 root of the first `size` leaves; zero before the first anchor.
        bytes32 root;
        /// Leaves under the root.
        uint64 size;
        /// Block time of the anchor, in seconds.
        uint64 anchoredAt;
        /// Starts at 0; one more for every break that the timelock allowed.
        uint64 epoch;
        /// Two heads of one size were signed: nothing is anchored until a new epoch.
        bool frozen;
    }

    /// @notice A step of one log, from the root that stands to the next.
    struct Step {
        bytes32 logId;
        bytes32 prevRoot;
        bytes32 root;
        uint64 size;
    }

    /// @notice A head as its log signed it (EIP-712 `LogHead`).
    struct SignedHead {
        uint64 epoch;
        uint64 size;
        bytes32 root;
        bytes signature;
    }

    // In one slot with `_paused` of Pausable, so that an anchor reads all three at the price of one.
    uint64 private _maxGrowth;
    uint32 private _minIntervalS;

    mapping(bytes32 logId => Head) private _heads;

    /// @notice A log has a new head.
    event Anchored(bytes32 indexed logId, bytes32 indexed root, bytes32 prevRoot, uint64 size, uint64 epoch);
    /// @notice The timelock let a log go on from another head; the head before it stays in the events.
    event EpochOpened(
        bytes32 indexed logId, uint64 indexed epoch, bytes32 prevRoot, uint64 prevSize, bytes32 root, uint64 size
    );
    /// @notice `signer` signed two heads of `size` leaves with different roots.
    event LogFrozen(
        bytes32 indexed logId, address indexed signer, uint64 epoch, uint64 size, bytes32 rootA, bytes32 rootB
    );
    /// @notice Limits of one step changed.
    event LimitsChanged(uint64 maxGrowth, uint32 minIntervalS);

    /// @notice The head that the step follows is not the head that stands.
    error WrongPrevious(bytes32 logId, bytes32 expected, bytes32 actual);
    /// @notice The tree does not grow.
    error StaleSize(bytes32 logId, uint64 standing, uint64 offered);
    /// @notice The tree grows by more than a step may.
    error GrowthTooLarge(bytes32 logId, uint64 growth, uint64 maxGrowth);
    /// @notice The step comes sooner after the one before than it may.
    error TooSoon(bytes32 logId, uint64 notBefore);
    /// @notice The log is frozen until a new epoch.
    error Frozen(bytes32 logId);
    /// @notice A root of zero bytes stands for "none" and cannot be anchored.
    error EmptyRoot(bytes32 logId);
    /// @notice No step, or more than {MAX_BATCH}.
    error BatchSize(uint256 count);
    /// @notice The two heads are no evidence of equivocation.
    error NoEvidence(bytes32 logId);
    /// @notice A limit of zero would stop every log.
    error BadLimits();

    /// @param adminDelayS seconds between the offer and the acceptance of the admin role
    /// @param admin multi-signature wallet that grants roles and resumes after a pause
    /// @param timelock TimelockController that opens epochs and changes limits
    /// @param maxGrowth most leaves by which one step may grow
    /// @param minIntervalS least seconds between two steps of one log
    constructor(uint48 adminDelayS, address admin, address timelock, uint64 maxGrowth, uint32 minIntervalS)
        AccessControlDefaultAdminRules(adminDelayS, admin)
        EIP712("WitanAuditAnchor", "1")
    {
        // The timelock hands its role on itself: an admin who could grant it would have no delay at all.
        _setRoleAdmin(TIMELOCK_ROLE, TIMELOCK_ROLE);
        _grantRole(TIMELOCK_ROLE, timelock);
        _setLimits(maxGrowth, minIntervalS);
    }

    /// @notice Anchors the next head of one log.
    /// @param logId log, see {logIdOf}
    /// @param prevRoot root that stands now; zero for the first head
    /// @param root root of the first `size` leaves
    /// @param size leaves; more than stand
    function anchor(bytes32 logId, bytes32 prevRoot, bytes32 root, uint64 size)
        external
        onlyRole(ANCHOR_ROLE)
        whenNotPaused
    {
        _step(logId, prevRoot, root, size);
    }

    /// @notice Anchors heads of several logs: all or none.
    /// @param steps at most {MAX_BATCH}; a log may come twice when its second step follows its first
    function anchorMany(Step[] calldata steps) external onlyRole(ANCHOR_ROLE) whenNotPaused {
        uint256 count = steps.length;
        if (count == 0 || count > MAX_BATCH) revert BatchSize(count);
        for (uint256 i = 0; i < count; ++i) {
            Step calldata step = steps[i];
            _step(step.logId, step.prevRoot, step.root, step.size);
        }
    }

    /// @notice Lets a log go on from another head, after a poisoned or forked one. Ends a freeze.
    /// @dev Rewrites nothing: the event names both heads.
    /// @param logId log
    /// @param root head to go on from; zero with size zero for an empty log
    /// @param size leaves under that head
    function openEpoch(bytes32 logId, bytes32 root, uint64 size) external onlyRole(TIMELOCK_ROLE) {
        if ((root == 0) != (size == 0)) revert EmptyRoot(logId);
        Head storage head = _heads[logId];
        uint64 epoch = head.epoch + 1;
        emit EpochOpened(logId, epoch, head.root, head.size, root, size);
        head.root = root;
        head.size = size;
        head.anchoredAt = uint64(block.timestamp);
        head.epoch = epoch;
        head.frozen = false;
    }

    /// @notice Freezes a log of which one key signed two heads of one size. Anybody may call.
    /// @dev The signer must hold {ANCHOR_ROLE} now: a revoked key that was stolen can stop nothing.
    /// @param logId log
    /// @param a first head, in the epoch that stands
    /// @param b second head, of the same epoch and size, with another root
    function reportEquivocation(bytes32 logId, SignedHead calldata a, SignedHead calldata b) external {
        Head storage head = _heads[logId];
        if (head.frozen) revert Frozen(logId);
        if (a.size != b.size || a.root == b.root || a.epoch != head.epoch || b.epoch != head.epoch) {
            revert NoEvidence(logId);
        }
        address signer = ECDSA.recover(headDigest(logId, a.epoch, a.size, a.root), a.signature);
        address other = ECDSA.recover(headDigest(logId, b.epoch, b.size, b.root), b.signature);
        if (signer != other || !hasRole(ANCHOR_ROLE, signer)) revert NoEvidence(logId);
        head.frozen = true;
        emit LogFrozen(logId, signer, head.epoch, a.size, a.root, b.root);
    }

    /// @notice Freezes a log of which a head was signed that the anchored head of the same size denies.
    /// @param logId log
    /// @param signed head in the epoch that stands, of the size that stands, with another root
    function reportFork(bytes32 logId, SignedHead calldata signed) external {
        Head storage head = _heads[logId];
        if (head.frozen) revert Frozen(logId);
        if (signed.epoch != head.epoch || signed.size != head.size || head.size == 0 || signed.root == head.root) {
            revert NoEvidence(logId);
        }
        address signer = ECDSA.recover(headDigest(logId, signed.epoch, signed.size, signed.root), signed.signature);
        if (!hasRole(ANCHOR_ROLE, signer)) revert NoEvidence(logId);
        head.frozen = true;
        emit LogFrozen(logId, signer, head.epoch, signed.size, head.root, signed.root);
    }

    /// @notice Changes the limits of one step.
    /// @param maxGrowth most leaves by which a step may grow; not zero
    /// @param minIntervalS least seconds between two steps of one log
    function setLimits(uint64 maxGrowth, uint32 minIntervalS) external onlyRole(TIMELOCK_ROLE) {
        _setLimits(maxGrowth, minIntervalS);
    }

    /// @notice Stops anchoring; logs go on and are anchored later by one larger step.
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @notice Resumes anchoring.
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    /// @notice Newest head of a log; all zero for one that was never anchored.
    /// @param logId log
    function headOf(bytes32 logId) external view returns (Head memory) {
        return _heads[logId];
    }

    /// @notice Most leaves by which one step may grow.
    function maxGrowthOfStep() external view returns (uint64) {
        return _maxGrowth;
    }

    /// @notice Least seconds between two steps of one log.
    function minIntervalOfSteps() external view returns (uint32) {
        return _minIntervalS;
    }

    /// @notice Id under which a log is anchored in this contract on this chain.
    /// @param origin origin line of the log's checkpoints
    function logIdOf(string calldata origin) external view returns (bytes32) {
        return keccak256(abi.encode(origin, block.chainid, address(this)));
    }

    /// @notice Digest that a log signs for a head (EIP-712).
    /// @param logId log
    /// @param epoch epoch of the log
    /// @param size leaves
    /// @param root root of the leaves
    function headDigest(bytes32 logId, uint64 epoch, uint64 size, bytes32 root) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(HEAD_TYPEHASH, logId, epoch, size, root)));
    }

    function _step(bytes32 logId, bytes32 prevRoot, bytes32 root, uint64 size) private {
        Head storage head = _heads[logId];
        bytes32 standingRoot = head.root;
        uint64 standing = head.size;
        uint64 epoch = head.epoch;
        if (head.frozen) revert Frozen(logId);
        if (standingRoot != prevRoot) revert WrongPrevious(logId, prevRoot, standingRoot);
        if (root == 0) revert EmptyRoot(logId);
        if (size <= standing) revert StaleSize(logId, standing, size);
        if (size - standing > _maxGrowth) revert GrowthTooLarge(logId, size - standing, _maxGrowth);
        uint64 notBefore = head.anchoredAt + _minIntervalS;
        // The first head of a log has nothing to wait for.
        if (standing != 0 && block.timestamp < notBefore) revert TooSoon(logId, notBefore);
        head.root = root;
        head.size = size;
        head.anchoredAt = uint64(block.timestamp);
        emit Anchored(logId, root, prevRoot, size, epoch);
    }

    function _setLimits(uint64 maxGrowth, uint32 minIntervalS) private {
        if (maxGrowth == 0) revert BadLimits();
        _maxGrowth = maxGrowth;
        _minIntervalS = minIntervalS;
        emit LimitsChanged(maxGrowth, minIntervalS);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Test} from "forge/Test.sol";
import {AuditAnchor} from "../src/AuditAnchor.sol";

/// @notice What the tests of AuditAnchor start from.
abstract contract AuditAnchorSetUp is Test {
    AuditAnchor internal target;
    address internal constant ADMIN = address(0xA11);
    address internal constant TIMELOCK = address(0x71E);
    address internal constant GUARDIAN = address(0x6DA);
    address internal constant STRANGER = address(0x5E7);
    uint256 internal constant KEY = 0xA11CE;
    uint256 internal constant OTHER_KEY = 0xB0B;
    uint64 internal constant MAX_GROWTH = 1_000;
    uint32 internal constant INTERVAL_S = 60;
    bytes32 internal constant LOG = keccak256("log");
    bytes32 internal constant ONE = keccak256("one");
    bytes32 internal constant TWO = keccak256("two");
    address internal hot;

    function setUp() public virtual {
        vm.warp(1_000_000);
        hot = vm.addr(KEY);
        target = new AuditAnchor(1 days, ADMIN, TIMELOCK, MAX_GROWTH, INTERVAL_S);
        vm.startPrank(ADMIN);
        target.grantRole(target.ANCHOR_ROLE(), hot);
        target.grantRole(target.PAUSER_ROLE(), GUARDIAN);
        vm.stopPrank();
    }

    function anchorAs(address sender, bytes32 prev, bytes32 root, uint64 size) internal {
        vm.prank(sender);
        target.anchor(LOG, prev, root, size);
    }

    function later() internal {
        vm.warp(block.timestamp + INTERVAL_S);
    }

    function signed(uint256 key, uint64 epoch, uint64 size, bytes32 root)
        internal
        returns (AuditAnchor.SignedHead memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, target.headDigest(LOG, epoch, size, root));
        return AuditAnchor.SignedHead(epoch, size, root, abi.encodePacked(r, s, v));
    }

    function missingRole(address account, bytes32 role) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role);
    }
}

contract AuditAnchorTest is AuditAnchorSetUp {
    event Anchored(bytes32 indexed logId, bytes32 indexed root, bytes32 prevRoot, uint64 size, uint64 epoch);
    event EpochOpened(
        bytes32 indexed logId, uint64 indexed epoch, bytes32 prevRoot, uint64 prevSize, bytes32 root, uint64 size
    );

    function test_FirstHeadStands() public {
        vm.expectEmit(true, true, true, true);
        emit Anchored(LOG, ONE, 0, 10, 0);
        anchorAs(hot, 0, ONE, 10);
        AuditAnchor.Head memory head = target.headOf(LOG);
        eq(head.root, ONE, "root");
        eq(head.size, 10, "size");
        eq(head.anchoredAt, 1_000_000, "time");
        eq(head.epoch, 0, "epoch");
        isTrue(!head.frozen, "not frozen");
    }

    function test_SameStepTwiceReverts() public {
        anchorAs(hot, 0, ONE, 10);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.WrongPrevious.selector, LOG, bytes32(0), ONE));
        anchorAs(hot, 0, ONE, 10);
    }

    function test_LateStepReverts() public {
        anchorAs(hot, 0, ONE, 10);
        later();
        anchorAs(hot, ONE, TWO, 20);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.WrongPrevious.selector, LOG, ONE, TWO));
        anchorAs(hot, ONE, keccak256("late"), 30);
    }

    function test_SizeMustGrow() public {
        anchorAs(hot, 0, ONE, 10);
        later();
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.StaleSize.selector, LOG, 10, 10));
        anchorAs(hot, ONE, TWO, 10);
    }

    function test_GrowthIsCapped() public {
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.GrowthTooLarge.selector, LOG, type(uint64).max, MAX_GROWTH));
        anchorAs(hot, 0, ONE, type(uint64).max);
        anchorAs(hot, 0, ONE, MAX_GROWTH);
        later();
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.GrowthTooLarge.selector, LOG, MAX_GROWTH + 1, MAX_GROWTH));
        anchorAs(hot, ONE, TWO, 2 * MAX_GROWTH + 1);
    }

    function test_IntervalIsKept() public {
        anchorAs(hot, 0, ONE, 10);
        vm.warp(1_000_000 + INTERVAL_S - 1);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.TooSoon.selector, LOG, 1_000_000 + INTERVAL_S));
        anchorAs(hot, ONE, TWO, 20);
        vm.warp(1_000_000 + INTERVAL_S);
        anchorAs(hot, ONE, TWO, 20);
    }

    function test_ZeroRootReverts() public {
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.EmptyRoot.selector, LOG));
        anchorAs(hot, 0, 0, 10);
    }

    function test_OnlyTheHotKeyAnchors() public {
        bytes32 role = target.ANCHOR_ROLE();
        address[3] memory others = [ADMIN, TIMELOCK, STRANGER];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(missingRole(others[i], role));
            anchorAs(others[i], 0, ONE, 10);
        }
    }

    function test_PauseStopsAnchoringOnly() public {
        bytes32 role = target.PAUSER_ROLE();
        vm.expectRevert(missingRole(hot, role));
        vm.prank(hot);
        target.pause();
        vm.prank(GUARDIAN);
        target.pause();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        anchorAs(hot, 0, ONE, 10);
        vm.expectRevert(missingRole(GUARDIAN, bytes32(0)));
        vm.prank(GUARDIAN);
        target.unpause();
        vm.prank(TIMELOCK);
        target.openEpoch(LOG, ONE, 5);
        vm.prank(ADMIN);
        target.unpause();
        later();
        anchorAs(hot, ONE, TWO, 10);
    }

    function test_ManyLogsInOneCall() public {
        AuditAnchor.Step[] memory steps = new AuditAnchor.Step[](3);
        for (uint64 i = 0; i < 3; ++i) {
            steps[i] = AuditAnchor.Step(bytes32(uint256(i + 1)), 0, keccak256(abi.encode(i)), i + 1);
        }
        vm.prank(hot);
        target.anchorMany(steps);
        eq(target.headOf(bytes32(uint256(3))).size, 3, "third log");
        vm.expectRevert(missingRole(STRANGER, target.ANCHOR_ROLE()));
        vm.prank(STRANGER);
        target.anchorMany(steps);
    }

    function test_ManyIsAllOrNone() public {
        anchorAs(hot, 0, ONE, 10);
        AuditAnchor.Step[] memory steps = new AuditAnchor.Step[](2);
        steps[0] = AuditAnchor.Step(keccak256("fresh"), 0, TWO, 1);
        steps[1] = AuditAnchor.Step(LOG, 0, TWO, 20);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.WrongPrevious.selector, LOG, bytes32(0), ONE));
        vm.prank(hot);
        target.anchorMany(steps);
        eq(target.headOf(keccak256("fresh")).size, 0, "nothing of the batch stands");
    }

    function test_BatchSizeIsBounded() public {
        vm.startPrank(hot);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.BatchSize.selector, 0));
        target.anchorMany(new AuditAnchor.Step[](0));
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.BatchSize.selector, 257));
        target.anchorMany(new AuditAnchor.Step[](257));
        vm.stopPrank();
    }

    function test_OnlyTheTimelockOpensEpochs() public {
        bytes32 role = target.TIMELOCK_ROLE();
        address[3] memory others = [ADMIN, hot, STRANGER];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(missingRole(others[i], role));
            vm.prank(others[i]);
            target.openEpoch(LOG, ONE, 5);
        }
        vm.expectRevert(missingRole(ADMIN, role));
        vm.prank(ADMIN);
        target.grantRole(role, ADMIN);
    }

    function test_EpochGoesOnFromASmallerHead() public {
        anchorAs(hot, 0, ONE, MAX_GROWTH);
        vm.expectEmit(true, true, true, true);
        emit EpochOpened(LOG, 1, ONE, MAX_GROWTH, TWO, 7);
        vm.prank(TIMELOCK);
        target.openEpoch(LOG, TWO, 7);
        later();
        anchorAs(hot, TWO, keccak256("three"), 8);
        eq(target.headOf(LOG).epoch, 1, "epoch");
        vm.prank(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.EmptyRoot.selector, LOG));
        target.openEpoch(LOG, TWO, 0);
    }

    function test_LimitsChangeByTimelock() public {
        bytes32 role = target.TIMELOCK_ROLE();
        vm.expectRevert(missingRole(ADMIN, role));
        vm.prank(ADMIN);
        target.setLimits(1, 1);
        vm.startPrank(TIMELOCK);
        vm.expectRevert(AuditAnchor.BadLimits.selector);
        target.setLimits(0, 1);
        target.setLimits(5, 0);
        vm.stopPrank();
        eq(target.maxGrowthOfStep(), 5, "growth");
        eq(target.minIntervalOfSteps(), 0, "interval");
        anchorAs(hot, 0, ONE, 5);
        anchorAs(hot, ONE, TWO, 6);
    }

    function test_TwoSignedHeadsFreezeTheLog() public {
        anchorAs(hot, 0, ONE, 10);
        AuditAnchor.SignedHead memory a = signed(KEY, 0, 12, keccak256("a"));
        AuditAnchor.SignedHead memory b = signed(KEY, 0, 12, keccak256("b"));
        vm.prank(STRANGER);
        target.reportEquivocation(LOG, a, b);
        isTrue(target.headOf(LOG).frozen, "frozen");
        later();
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.Frozen.selector, LOG));
        anchorAs(hot, ONE, TWO, 20);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.Frozen.selector, LOG));
        target.reportEquivocation(LOG, a, b);
        vm.prank(TIMELOCK);
        target.openEpoch(LOG, ONE, 10);
        later();
        anchorAs(hot, ONE, TWO, 20);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.NoEvidence.selector, LOG));
        target.reportEquivocation(LOG, a, b);
    }

    function test_AForkOfTheAnchoredHeadFreezes() public {
        anchorAs(hot, 0, ONE, 10);
        AuditAnchor.SignedHead memory same = signed(KEY, 0, 10, ONE);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.NoEvidence.selector, LOG));
        target.reportFork(LOG, same);
        AuditAnchor.SignedHead memory shorter = signed(KEY, 0, 9, TWO);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.NoEvidence.selector, LOG));
        target.reportFork(LOG, shorter);
        AuditAnchor.SignedHead memory strangers = signed(OTHER_KEY, 0, 10, TWO);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.NoEvidence.selector, LOG));
        target.reportFork(LOG, strangers);
        target.reportFork(LOG, signed(KEY, 0, 10, TWO));
        isTrue(target.headOf(LOG).frozen, "frozen");
    }

    function test_NoEvidenceFreezesNothing() public {
        AuditAnchor.SignedHead memory a = signed(KEY, 0, 12, keccak256("a"));
        AuditAnchor.SignedHead[5] memory others = [
            signed(KEY, 0, 12, keccak256("a")),
            signed(KEY, 0, 13, keccak256("b")),
            signed(OTHER_KEY, 0, 12, keccak256("b")),
            signed(KEY, 1, 12, keccak256("b")),
            a
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(AuditAnchor.NoEvidence.selector, LOG));
            target.reportEquivocation(LOG, a, others[i]);
        }
        AuditAnchor.SignedHead memory strange = signed(OTHER_KEY, 0, 12, keccak256("a"));
        AuditAnchor.SignedHead memory strange2 = signed(OTHER_KEY, 0, 12, keccak256("b"));
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.NoEvidence.selector, LOG));
        target.reportEquivocation(LOG, strange, strange2);
    }

    function test_ARevokedKeyCannotFreeze() public {
        AuditAnchor.SignedHead memory a = signed(KEY, 0, 12, keccak256("a"));
        AuditAnchor.SignedHead memory b = signed(KEY, 0, 12, keccak256("b"));
        bytes32 role = target.ANCHOR_ROLE();
        vm.prank(ADMIN);
        target.revokeRole(role, hot);
        vm.expectRevert(abi.encodeWithSelector(AuditAnchor.NoEvidence.selector, LOG));
        target.reportEquivocation(LOG, a, b);
        vm.expectRevert(missingRole(hot, role));
        anchorAs(hot, 0, ONE, 10);
    }

    function test_LogIdsDependOnTheContract() public {
        AuditAnchor another = new AuditAnchor(1 days, ADMIN, TIMELOCK, 1, 1);
        isTrue(target.logIdOf("witan.test/log") != another.logIdOf("witan.test/log"), "contract");
        isTrue(target.logIdOf("a") != target.logIdOf("b"), "origin");
    }

    function test_TheAdminRoleGoesInTwoSteps() public {
        vm.prank(ADMIN);
        target.beginDefaultAdminTransfer(STRANGER);
        vm.expectRevert();
        vm.prank(STRANGER);
        target.acceptDefaultAdminTransfer();
        vm.warp(block.timestamp + 1 days + 1);
        vm.prank(STRANGER);
        target.acceptDefaultAdminTransfer();
        eq(target.defaultAdmin(), STRANGER, "admin");
    }

    /// A step is taken exactly where every rule allows it.
    function testFuzz_StepsFollowTheRules(bytes32 prev, bytes32 root, uint64 size, uint32 waitS) public {
        anchorAs(hot, 0, ONE, 500);
        size = uint64(between(size, 0, 2_000));
        if (uint256(prev) % 2 == 0) prev = ONE;
        vm.warp(block.timestamp + (waitS %= 2 * INTERVAL_S));
        bool allowed = prev == ONE && root != 0 && size > 500 && size - 500 <= MAX_GROWTH && waitS >= INTERVAL_S;
        vm.prank(hot);
        try target.anchor(LOG, prev, root, size) {
            isTrue(allowed, "refused by the rules, taken by the contract");
            eq(target.headOf(LOG).root, root, "root");
            eq(target.headOf(LOG).size, size, "size");
        } catch {
            isTrue(!allowed, "allowed by the rules, refused by the contract");
            eq(target.headOf(LOG).root, ONE, "root stands");
        }
    }
}

/// @notice Drives AuditAnchor with right, wrong and hostile calls and keeps a book of its own from the events' view.
contract AnchorDriver is Test {
    AuditAnchor internal immutable target;
    address internal immutable hot;
    address internal immutable timelock;

    bytes32[3] public logs = [keccak256("a"), keccak256("b"), keccak256("c")];
    /// What the driver believes to stand, told only by calls that succeeded.
    mapping(bytes32 => bytes32) public rootOf;
    mapping(bytes32 => uint64) public sizeOf;
    mapping(bytes32 => uint64) public epochOf;
    mapping(bytes32 => mapping(bytes32 => uint256)) public timesAnchored;
    uint256 public takenCount;
    uint256 public wronglyTakenCount;

    constructor(AuditAnchor target_, address hot_, address timelock_) {
        target = target_;
        hot = hot_;
        timelock = timelock_;
    }

    function step(uint256 which, uint64 growth, uint256 salt) external {
        bytes32 log = logs[which % 3];
        vm.warp(block.timestamp + 60);
        growth = uint64(between(growth, 1, 1_000));
        bytes32 root = keccak256(abi.encode(log, salt, takenCount));
        vm.prank(hot);
        target.anchor(log, rootOf[log], root, sizeOf[log] + growth);
        note(log, root, sizeOf[log] + growth);
    }

    function replay(uint256 which, uint64 growth) external {
        bytes32 log = logs[which % 3];
        if (rootOf[log] == 0) return;
        vm.warp(block.timestamp + 60);
        vm.prank(hot);
        try target.anchor(log, 0, rootOf[log], sizeOf[log] + uint64(between(growth, 1, 1_000))) {
            wronglyTakenCount += 1;
        } catch {}
    }

    function shrink(uint256 which, uint64 size) external {
        bytes32 log = logs[which % 3];
        vm.warp(block.timestamp + 60);
        vm.prank(hot);
        try target.anchor(log, rootOf[log], keccak256("smaller"), uint64(between(size, 0, sizeOf[log]))) {
            wronglyTakenCount += 1;
        } catch {}
    }

    function grab(address sender, uint256 which) external {
        if (sender == hot || sender == timelock) return;
        bytes32 log = logs[which % 3];
        vm.warp(block.timestamp + 60);
        vm.prank(sender);
        try target.anchor(log, rootOf[log], keccak256("theirs"), sizeOf[log] + 1) {
            wronglyTakenCount += 1;
        } catch {}
        vm.prank(sender);
        try target.openEpoch(log, keccak256("theirs"), 1) {
            wronglyTakenCount += 1;
        } catch {}
    }

    function openEpoch(uint256 which, uint64 size) external {
        // One in four, so that logs also grow long within an epoch.
        if (which % 4 != 0) return;
        bytes32 log = logs[(which / 4) % 3];
        bytes32 root = keccak256(abi.encode("epoch", log, takenCount));
        size = uint64(between(size, 1, 1_000_000));
        vm.prank(timelock);
        target.openEpoch(log, root, size);
        epochOf[log] += 1;
        rootOf[log] = root;
        sizeOf[log] = size;
    }

    function note(bytes32 log, bytes32 root, uint64 size) private {
        takenCount += 1;
        timesAnchored[log][root] += 1;
        if (timesAnchored[log][root] > 1) wronglyTakenCount += 1;
        rootOf[log] = root;
        sizeOf[log] = size;
    }
}

/// @notice What holds after any sequence of calls.
contract AuditAnchorInvariants is AuditAnchorSetUp {
    AnchorDriver internal driver;

    function setUp() public override {
        super.setUp();
        driver = new AnchorDriver(target, hot, TIMELOCK);
        targetContract(address(driver));
    }

    /// The head is what the successful steps say, no wrong step was taken, no root stands twice.
    function invariant_HeadIsTheLastStep() public view {
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 log = driver.logs(i);
            AuditAnchor.Head memory head = target.headOf(log);
            eq(head.root, driver.rootOf(log), "root");
            eq(head.size, driver.sizeOf(log), "size");
            eq(head.epoch, driver.epochOf(log), "epoch");
            isTrue(head.anchoredAt <= block.timestamp, "time");
        }
        eq(driver.wronglyTakenCount(), 0, "wrong steps");
    }
}

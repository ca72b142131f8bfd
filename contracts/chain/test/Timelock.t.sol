// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge/Test.sol";
import {AuditAnchor} from "../src/AuditAnchor.sol";
import {Timelock} from "../src/Timelock.sol";

/// @notice The way to a new epoch: proposed by the wallet, seen by all, done after the delay.
contract TimelockTest is Test {
    Timelock internal timelock;
    AuditAnchor internal anchors;
    address internal constant WALLET = address(0x3A7);
    address internal constant STRANGER = address(0x5E7);
    uint256 internal constant DELAY_S = 2 days;
    bytes32 internal constant LOG = keccak256("log");
    bytes internal call;

    function setUp() public {
        vm.warp(1_000_000);
        address[] memory wallets = new address[](1);
        wallets[0] = WALLET;
        timelock = new Timelock(DELAY_S, wallets, wallets);
        anchors = new AuditAnchor(1 days, WALLET, address(timelock), 1_000, 0);
        call = abi.encodeCall(AuditAnchor.openEpoch, (LOG, keccak256("root"), 7));
    }

    function test_AnEpochOpensAfterTheDelay() public {
        vm.startPrank(WALLET);
        timelock.schedule(address(anchors), 0, call, 0, 0, DELAY_S);
        vm.expectRevert();
        timelock.execute(address(anchors), 0, call, 0, 0);
        vm.warp(block.timestamp + DELAY_S);
        timelock.execute(address(anchors), 0, call, 0, 0);
        vm.stopPrank();
        eq(anchors.headOf(LOG).epoch, 1, "epoch");
        eq(anchors.headOf(LOG).size, 7, "size");
    }

    function test_TheDelayCannotBeCutShort() public {
        vm.expectRevert();
        vm.prank(WALLET);
        timelock.schedule(address(anchors), 0, call, 0, 0, DELAY_S - 1);
        vm.expectRevert();
        vm.prank(WALLET);
        timelock.updateDelay(0);
    }

    function test_StrangersNeitherProposeNorExecute() public {
        vm.expectRevert();
        vm.prank(STRANGER);
        timelock.schedule(address(anchors), 0, call, 0, 0, DELAY_S);
        vm.prank(WALLET);
        timelock.schedule(address(anchors), 0, call, 0, 0, DELAY_S);
        vm.warp(block.timestamp + DELAY_S);
        vm.expectRevert();
        vm.prank(STRANGER);
        timelock.execute(address(anchors), 0, call, 0, 0);
    }

    function test_TheWalletCanCancel() public {
        vm.startPrank(WALLET);
        timelock.schedule(address(anchors), 0, call, 0, 0, DELAY_S);
        timelock.cancel(timelock.hashOperation(address(anchors), 0, call, 0, 0));
        vm.warp(block.timestamp + DELAY_S);
        vm.expectRevert();
        timelock.execute(address(anchors), 0, call, 0, 0);
        vm.stopPrank();
    }

    function test_NobodyAdministersTheTimelockButItself() public view {
        isTrue(!timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), WALLET), "wallet");
        isTrue(!timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(this)), "deployer");
        isTrue(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(timelock)), "itself");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge/Test.sol";
import {AuditAnchor} from "../src/AuditAnchor.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

contract AuditAnchorTest is Test {
    AuditAnchor internal target;
    address internal constant ADMIN = address(0xA11);
    address internal constant TIMELOCK = address(0x71E);
    address internal constant GUARDIAN = address(0x6DA);
    uint256 internal constant KEY = 0xA11CE;
    address internal hot;
    bytes32 internal constant LOG = keccak256("log");

    function setUp() public {
        vm.warp(1_000_000);
        hot = vm.addr(KEY);
        target = new AuditAnchor(1 days, ADMIN, TIMELOCK, 1_000, 60);
        vm.startPrank(ADMIN);
        target.grantRole(target.ANCHOR_ROLE(), hot);
        target.grantRole(target.PAUSER_ROLE(), GUARDIAN);
        vm.stopPrank();
    }

    function test_FirstHeadStands() public {
        vm.prank(hot);
        target.anchor(LOG, 0, keccak256("one"), 10);
        AuditAnchor.Head memory head = target.headOf(LOG);
        eq(head.root, keccak256("one"), "root");
        eq(head.size, 10, "size");
        eq(head.anchoredAt, 1_000_000, "time");
    }
}

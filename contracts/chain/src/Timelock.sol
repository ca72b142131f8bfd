// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title Delay before what only the timelock may do
/// @notice OpenZeppelin's TimelockController as it is: proposals wait, anybody can see them, cancellers stop them.
contract Timelock is TimelockController {
    /// @param minDelayS least seconds between a proposal and its execution
    /// @param proposers who may propose and cancel: the multi-signature wallet
    /// @param executors who may execute after the delay; the zero address lets anybody
    constructor(uint256 minDelayS, address[] memory proposers, address[] memory executors)
        // No admin: the timelock changes its own roles, through itself.
        TimelockController(minDelayS, proposers, executors, address(0))
    {}
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {VerificationContract} from "../src/VerificationContract.sol";
import {ContentRegistrySetUp} from "./ContentRegistry.t.sol";

contract VerificationContractTest is ContentRegistrySetUp {
    VerificationContract internal verification;
    address internal constant ISSUER = address(0x155);
    address internal constant ISSUER_2 = address(0x156);
    address internal constant GUARDIAN = address(0x6DA);
    bytes32 internal constant EVIDENCE = keccak256("record");
    bytes32 internal constant REASON = keccak256("reason");

    function setUp() public override {
        super.setUp();
        verification = new VerificationContract(1 days, ADMIN, registry);
        vm.startPrank(ADMIN);
        registry.grantRole(registry.VERIFIER_ROLE(), address(verification));
        verification.grantRole(verification.ISSUER_ROLE(), ISSUER);
        verification.grantRole(verification.ISSUER_ROLE(), ISSUER_2);
        verification.grantRole(verification.REVOKER_ROLE(), GUARDIAN);
        verification.grantRole(verification.PAUSER_ROLE(), GUARDIAN);
        vm.stopPrank();
        registerFor(ALICE, HASH);
    }

    function issue(address issuer, uint64 expiresAt) internal returns (uint256) {
        vm.prank(issuer);
        return verification.issueCertificate(HASH, EVIDENCE, expiresAt);
    }

    function isVerified() internal view returns (bool verified) {
        (verified,) = registry.verifyContent(HASH);
    }

    function test_ACertificateMakesTheContentVerified() public {
        uint256 id = issue(ISSUER, 0);
        isTrue(isVerified(), "verified");
        isTrue(verification.isValid(id) && verification.isAuthentic(HASH, 1), "valid");
        VerificationContract.Certificate memory certificate = verification.certificateOf(id);
        eq(certificate.contentHash, HASH, "content");
        eq(certificate.evidenceHash, EVIDENCE, "evidence");
        eq(certificate.issuer, ISSUER, "issuer");
        eq(certificate.issuedAt, block.timestamp, "time");
    }

    function test_OnlyIssuersIssue() public {
        bytes32 role = verification.ISSUER_ROLE();
        address[3] memory others = [ALICE, ADMIN, GUARDIAN];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, others[i], role)
            );
            issue(others[i], 0);
        }
    }

    function test_OnlyRegisteredContentWithEvidenceIsCertified() public {
        vm.startPrank(ISSUER);
        vm.expectRevert(abi.encodeWithSelector(VerificationContract.NotRegistered.selector, keccak256("unknown")));
        verification.issueCertificate(keccak256("unknown"), EVIDENCE, 0);
        vm.expectRevert(VerificationContract.NoEvidence.selector);
        verification.issueCertificate(HASH, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(VerificationContract.BadExpiry.selector, uint64(block.timestamp)));
        verification.issueCertificate(HASH, EVIDENCE, uint64(block.timestamp));
        vm.stopPrank();
    }

    function test_ARevokedCertificateStaysInTheHistory() public {
        uint256 id = issue(ISSUER, 0);
        vm.warp(block.timestamp + 5);
        vm.prank(ISSUER);
        verification.revokeCertificate(id, REASON);
        isTrue(!isVerified() && !verification.isValid(id), "not verified");
        eq(verification.certificateOf(id).revokedAt, block.timestamp, "time");
        eq(verification.certificateOf(id).revocationReason, REASON, "reason");
        eq(verification.historyLength(HASH), 1, "history");
        vm.expectRevert(abi.encodeWithSelector(VerificationContract.AlreadyRevoked.selector, id));
        vm.prank(ISSUER);
        verification.revokeCertificate(id, REASON);
    }

    function test_TheLastStandingCertificateDecides() public {
        uint256 first = issue(ISSUER, 0);
        uint256 second = issue(ISSUER_2, 0);
        vm.prank(ISSUER);
        verification.revokeCertificate(first, REASON);
        isTrue(isVerified(), "one stands");
        isTrue(!verification.isAuthentic(HASH, 0), "none is looked at");
        vm.prank(GUARDIAN);
        verification.revokeCertificate(second, REASON);
        isTrue(!isVerified(), "none stands");
        isTrue(!verification.isAuthentic(HASH, 10), "none holds");
    }

    function test_NobodyRevokesAnothersCertificate() public {
        uint256 id = issue(ISSUER, 0);
        address[4] memory others = [ISSUER_2, ALICE, ADMIN, MALLORY];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(VerificationContract.NotRevoker.selector, id, others[i]));
            vm.prank(others[i]);
            verification.revokeCertificate(id, REASON);
        }
        bytes32 role = verification.ISSUER_ROLE();
        vm.prank(ADMIN);
        verification.revokeRole(role, ISSUER);
        vm.expectRevert(abi.encodeWithSelector(VerificationContract.NotRevoker.selector, id, ISSUER));
        vm.prank(ISSUER);
        verification.revokeCertificate(id, REASON);
        vm.expectRevert(abi.encodeWithSelector(VerificationContract.UnknownCertificate.selector, 99));
        vm.prank(GUARDIAN);
        verification.revokeCertificate(99, REASON);
    }

    function test_ACertificateExpires() public {
        uint256 id = issue(ISSUER, uint64(block.timestamp + 10));
        vm.warp(block.timestamp + 9);
        isTrue(verification.isValid(id), "valid a second before");
        vm.warp(block.timestamp + 1);
        isTrue(!verification.isValid(id) && !verification.isAuthentic(HASH, 5), "expired");
    }

    function test_APauseStopsTheIssueAndNotTheRevocation() public {
        uint256 id = issue(ISSUER, 0);
        vm.prank(GUARDIAN);
        verification.pause();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        issue(ISSUER, 0);
        vm.prank(ISSUER);
        verification.revokeCertificate(id, REASON);
        vm.prank(ADMIN);
        verification.unpause();
        issue(ISSUER, 0);
    }

    function test_HistoryComesInPages() public {
        for (uint256 i = 0; i < 5; ++i) {
            issue(ISSUER, 0);
        }
        uint256[] memory page = verification.historyOf(HASH, 1, 3);
        eq(page.length, 3, "length");
        eq(page[0], 2, "first");
        eq(verification.historyOf(HASH, 4, 10).length, 1, "the rest");
        eq(verification.historyOf(HASH, 5, 10).length, 0, "past the end");
    }

    /// The flag of the register is the number of standing certificates, whatever the order.
    function testFuzz_TheFlagFollowsTheCertificates(uint256 choices) public {
        uint256 standing = 0;
        for (uint256 i = 0; i < 12; ++i) {
            uint256 count = verification.certificateCount();
            if (choices & 1 == 0 || count == 0) {
                issue(ISSUER, 0);
                standing += 1;
            } else {
                uint256 id = 1 + ((choices >> 1) % count);
                if (verification.certificateOf(id).revokedAt == 0) {
                    vm.prank(ISSUER);
                    verification.revokeCertificate(id, REASON);
                    standing -= 1;
                }
            }
            choices >>= 8;
            eq(verification.standingCount(HASH), standing, "standing");
            isTrue(isVerified() == (standing > 0), "flag");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Test} from "forge/Test.sol";
import {ContentRegistry} from "../src/ContentRegistry.sol";
import {ProvenanceContract} from "../src/ProvenanceContract.sol";
import {VerificationContract} from "../src/VerificationContract.sol";
import {ContentRegistrySetUp} from "./ContentRegistry.t.sol";

contract ProvenanceContractTest is ContentRegistrySetUp {
    ProvenanceContract internal provenance;
    address internal constant GUARDIAN = address(0x6DA);
    bytes32 internal constant ARTEFACT = keccak256("artefact");
    bytes32 internal constant PARAMETERS = keccak256("parameters");

    function setUp() public override {
        super.setUp();
        provenance = new ProvenanceContract(1 days, ADMIN, registry);
        bytes32 role = provenance.PAUSER_ROLE();
        vm.prank(ADMIN);
        provenance.grantRole(role, GUARDIAN);
        provenance.registerModel(ARTEFACT, "model", "1.0.0");
        for (uint256 i = 1; i <= 5; ++i) {
            registerFor(ALICE, bytes32(i));
        }
    }

    function parentsOf(uint256 one, uint256 two) internal pure returns (bytes32[] memory parents) {
        uint256 count = (one == 0 ? 0 : 1) + (two == 0 ? 0 : 1);
        parents = new bytes32[](count);
        if (one != 0) parents[0] = bytes32(one);
        if (two != 0) parents[1] = bytes32(two);
    }

    function recordAs(address sender, uint256 content, ProvenanceContract.Origin origin, bytes32[] memory parents)
        internal
    {
        vm.prank(sender);
        provenance.recordLineage(bytes32(content), origin, ARTEFACT, PARAMETERS, parents);
    }

    function family() internal {
        recordAs(ALICE, 1, ProvenanceContract.Origin.Generated, parentsOf(0, 0));
        recordAs(ALICE, 2, ProvenanceContract.Origin.Modified, parentsOf(1, 0));
        recordAs(ALICE, 3, ProvenanceContract.Origin.Combined, parentsOf(1, 2));
    }

    function test_LineageIsKept() public {
        family();
        ProvenanceContract.Lineage memory lineage = provenance.lineageOf(bytes32(uint256(3)));
        eq(lineage.generation, 3, "generation");
        eq(lineage.parents.length, 2, "parents");
        eq(lineage.modelDigest, ARTEFACT, "model");
        eq(lineage.parametersHash, PARAMETERS, "parameters");
        eq(lineage.recorder, ALICE, "recorder");
        isTrue(lineage.origin == ProvenanceContract.Origin.Combined, "origin");
        eq(keccak256(bytes(provenance.modelOf(ARTEFACT).version)), keccak256("1.0.0"), "version");
    }

    function test_APathLeadsFromChildToAncestor() public {
        family();
        bytes32[] memory path = new bytes32[](3);
        (path[0], path[1], path[2]) = (bytes32(uint256(3)), bytes32(uint256(2)), bytes32(uint256(1)));
        isTrue(provenance.isLine(path), "3 from 2 from 1");
        (path[0], path[2]) = (path[2], path[0]);
        isTrue(!provenance.isLine(path), "not the other way");
        isTrue(!provenance.isLine(new bytes32[](1)), "one is no path");
    }

    function test_NoCycleCanForm() public {
        recordAs(ALICE, 1, ProvenanceContract.Origin.Generated, parentsOf(0, 0));
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.NotRecorded.selector, bytes32(uint256(2))));
        recordAs(ALICE, 2, ProvenanceContract.Origin.Modified, parentsOf(2, 0));
        recordAs(ALICE, 2, ProvenanceContract.Origin.Modified, parentsOf(1, 0));
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.AlreadyRecorded.selector, bytes32(uint256(1))));
        recordAs(ALICE, 1, ProvenanceContract.Origin.Modified, parentsOf(2, 0));
    }

    function test_OnlyTheOwnerRecords() public {
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.NotOwner.selector, bytes32(uint256(1)), MALLORY));
        recordAs(MALLORY, 1, ProvenanceContract.Origin.Generated, parentsOf(0, 0));
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.NotOwner.selector, bytes32(uint256(9)), ALICE));
        recordAs(ALICE, 9, ProvenanceContract.Origin.Generated, parentsOf(0, 0));
        vm.prank(ALICE);
        registry.transferFrom(ALICE, MALLORY, 1);
        recordAs(MALLORY, 1, ProvenanceContract.Origin.Generated, parentsOf(0, 0));
    }

    function test_ParentsFitTheOrigin() public {
        recordAs(ALICE, 1, ProvenanceContract.Origin.Generated, parentsOf(0, 0));
        recordAs(ALICE, 2, ProvenanceContract.Origin.Generated, parentsOf(1, 0));
        ProvenanceContract.Origin modified = ProvenanceContract.Origin.Modified;
        ProvenanceContract.Origin combined = ProvenanceContract.Origin.Combined;
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.ParentCount.selector, modified, 0));
        recordAs(ALICE, 3, modified, parentsOf(0, 0));
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.ParentCount.selector, modified, 2));
        recordAs(ALICE, 3, modified, parentsOf(1, 2));
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.ParentCount.selector, combined, 1));
        recordAs(ALICE, 3, combined, parentsOf(1, 0));
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.ParentCount.selector, combined, 17));
        recordAs(ALICE, 3, combined, new bytes32[](17));
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.ParentOrder.selector, bytes32(uint256(1))));
        recordAs(ALICE, 3, combined, parentsOf(2, 1));
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.ParentOrder.selector, bytes32(uint256(1))));
        recordAs(ALICE, 3, combined, parentsOf(1, 1));
    }

    function test_ModelsAreRegisteredOnce() public {
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.ModelExists.selector, ARTEFACT));
        vm.prank(MALLORY);
        provenance.registerModel(ARTEFACT, "theirs", "2.0.0");
        vm.expectRevert(ProvenanceContract.EmptyDigest.selector);
        provenance.registerModel(0, "none", "1");
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.TextLength.selector, 0));
        provenance.registerModel(keccak256("b"), "", "1");
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.TextLength.selector, 129));
        provenance.registerModel(keccak256("b"), "b", string(new bytes(129)));
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.UnknownModel.selector, keccak256("b")));
        vm.prank(ALICE);
        provenance.recordLineage(
            bytes32(uint256(1)), ProvenanceContract.Origin.Generated, keccak256("b"), PARAMETERS, parentsOf(0, 0)
        );
        vm.expectRevert(abi.encodeWithSelector(ProvenanceContract.UnknownModel.selector, keccak256("b")));
        provenance.modelOf(keccak256("b"));
    }

    function test_TheGuardianPausesAndTheAdminResumes() public {
        bytes32 role = provenance.PAUSER_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, MALLORY, role)
        );
        vm.prank(MALLORY);
        provenance.pause();
        vm.prank(GUARDIAN);
        provenance.pause();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        recordAs(ALICE, 1, ProvenanceContract.Origin.Generated, parentsOf(0, 0));
        vm.prank(ADMIN);
        provenance.unpause();
        recordAs(ALICE, 1, ProvenanceContract.Origin.Generated, parentsOf(0, 0));
    }
}

/// @notice Registers, certifies, revokes, sells and records at random, the wrong way as well as the right one.
contract ContentDriver is Test {
    ContentRegistry internal immutable registry;
    VerificationContract internal immutable verification;
    ProvenanceContract internal immutable provenance;
    address internal immutable issuer;

    uint256 public constant CONTENTS = 8;
    address[3] internal creators = [address(0xC1), address(0xC2), address(0xC3)];
    mapping(bytes32 => address) public creatorOf;
    uint256 public registeredCount;
    uint256 public wronglyTakenCount;

    constructor(
        ContentRegistry registry_,
        VerificationContract verification_,
        ProvenanceContract provenance_,
        address issuer_
    ) {
        registry = registry_;
        verification = verification_;
        provenance = provenance_;
        issuer = issuer_;
    }

    function register(uint256 who, uint256 what) external {
        address creator = creators[who % 3];
        bytes32 hash = bytes32(1 + (what % CONTENTS));
        bytes32 commitment = registry.commitmentOf(creator, hash, "m", "c", 0);
        if (registry.committedAt(creator, commitment) == 0) registry.commit(creator, commitment);
        vm.warp(block.timestamp + 12);
        bool isTaken = creatorOf[hash] != address(0);
        vm.prank(creator);
        try registry.registerContent(hash, "m", "c") {
            if (isTaken) wronglyTakenCount += 1;
            creatorOf[hash] = creator;
            registeredCount += 1;
        } catch {
            if (!isTaken) wronglyTakenCount += 1;
        }
    }

    function registerWithoutCommitment(address who, uint256 what) external {
        vm.prank(who);
        try registry.registerSalted(bytes32(1 + (what % CONTENTS)), "m", "c", keccak256("never")) {
            wronglyTakenCount += 1;
        } catch {}
    }

    function sell(uint256 what, uint256 to) external {
        uint256 count = registry.tokenCount();
        if (count == 0) return;
        uint256 tokenId = 1 + (what % count);
        address owner = registry.ownerOf(tokenId);
        vm.prank(owner);
        registry.transferFrom(owner, creators[to % 3], tokenId);
    }

    function certify(uint256 what) external {
        bytes32 hash = bytes32(1 + (what % CONTENTS));
        if (creatorOf[hash] == address(0)) return;
        vm.prank(issuer);
        verification.issueCertificate(hash, keccak256("record"), 0);
    }

    function revoke(uint256 which) external {
        uint256 count = verification.certificateCount();
        if (count == 0) return;
        uint256 id = 1 + (which % count);
        bool wasRevoked = verification.certificateOf(id).revokedAt != 0;
        vm.prank(issuer);
        try verification.revokeCertificate(id, 0) {
            if (wasRevoked) wronglyTakenCount += 1;
        } catch {
            if (!wasRevoked) wronglyTakenCount += 1;
        }
    }

    function record(uint256 what, uint256 first, uint256 second) external {
        bytes32 hash = bytes32(1 + (what % CONTENTS));
        uint256 tokenId = registry.tokenIds(hash);
        if (tokenId == 0) return;
        bytes32 a = bytes32(1 + (first % CONTENTS));
        bytes32 b = bytes32(1 + (second % CONTENTS));
        bytes32[] memory parents = new bytes32[](a == b ? 0 : 2);
        if (parents.length == 2) (parents[0], parents[1]) = a < b ? (a, b) : (b, a);
        vm.prank(registry.ownerOf(tokenId));
        // Often refused: recorded before, or a parent that is not.
        try provenance.recordLineage(hash, ProvenanceContract.Origin.Generated, 0, 0, parents) {} catch {}
    }
}

/// @notice What holds after any sequence of calls on register, certificates and lineage.
contract ContentInvariants is ContentRegistrySetUp {
    ContentDriver internal driver;
    VerificationContract internal verification;
    ProvenanceContract internal provenance;
    address internal constant ISSUER = address(0x155);

    function setUp() public override {
        super.setUp();
        verification = new VerificationContract(1 days, ADMIN, registry);
        provenance = new ProvenanceContract(1 days, ADMIN, registry);
        vm.startPrank(ADMIN);
        registry.grantRole(registry.VERIFIER_ROLE(), address(verification));
        verification.grantRole(verification.ISSUER_ROLE(), ISSUER);
        vm.stopPrank();
        driver = new ContentDriver(registry, verification, provenance, ISSUER);
        targetContract(address(driver));
    }

    /// One hash one token, both ways; the creator is who registered first.
    function invariant_OneHashOneToken() public view {
        eq(registry.tokenCount(), driver.registeredCount(), "tokens");
        for (uint256 id = 1; id <= registry.tokenCount(); ++id) {
            bytes32 hash = registry.contentOfToken(id);
            eq(registry.tokenIds(hash), id, "token of the hash");
            (, ContentRegistry.Content memory content) = registry.verifyContent(hash);
            eq(content.creator, driver.creatorOf(hash), "creator");
        }
        eq(driver.wronglyTakenCount(), 0, "wrong calls");
    }

    /// Verified means that a certificate stands; their number is what the history says.
    function invariant_VerifiedMeansCertified() public view {
        for (uint256 id = 1; id <= registry.tokenCount(); ++id) {
            bytes32 hash = registry.contentOfToken(id);
            uint256[] memory history = verification.historyOf(hash, 0, type(uint256).max);
            uint256 standing = 0;
            for (uint256 i = 0; i < history.length; ++i) {
                if (verification.certificateOf(history[i]).revokedAt == 0) standing += 1;
            }
            eq(verification.standingCount(hash), standing, "standing");
            (bool verified,) = registry.verifyContent(hash);
            isTrue(verified == (standing > 0), "flag");
        }
    }

    /// Every edge leads to an older generation: there is no cycle.
    function invariant_LineageHasNoCycle() public view {
        for (uint256 i = 1; i <= driver.CONTENTS(); ++i) {
            if (!provenance.isRecorded(bytes32(i))) continue;
            ProvenanceContract.Lineage memory lineage = provenance.lineageOf(bytes32(i));
            for (uint256 j = 0; j < lineage.parents.length; ++j) {
                ProvenanceContract.Lineage memory parent = provenance.lineageOf(lineage.parents[j]);
                isTrue(parent.generation < lineage.generation, "generation");
            }
        }
    }
}
